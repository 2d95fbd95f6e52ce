//! A state folder: a sandbox goes on where the last one stopped.

use std::time::Duration;

use snap_sandbox::{Clock, Decision, OperationState, SandboxBuilder};
use tempfile::TempDir;

use crate::{
    orders::{PAYMENT, reference, send, status},
    specs::Caller,
    support::{client, frozen, moment, send as send_call, token_call},
};

fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

fn builder(folder: &TempDir, seconds: u64) -> SandboxBuilder {
    let clock = Clock::fixed(moment("2026-11-20T10:30:00Z") + Duration::from_secs(seconds));
    frozen().clock(clock).seed(42).state_folder(folder.path())
}

async fn fails(builder: SandboxBuilder) -> String {
    let error = builder.start().await.expect_err("refused");
    error.to_string()
}

/// Behaviour "state.folder".
#[tokio::test]
async fn a_sandbox_goes_on_where_the_last_one_stopped() {
    let folder = folder();
    let first = builder(&folder, 0).start().await.expect("starts");
    let caller = Caller::of(&first, "cust-1").await;
    send(&caller, PAYMENT, reference("ord-1")).await;
    send(&caller, PAYMENT, reference("ord-2")).await;
    assert!(first.decide("ord-1", Decision::Succeed));
    let (access, customer) = (caller.token.clone(), caller.customer_token.clone());
    let before = (first.requests(), first.ledger());
    first.stop().await.expect("stops");

    let second = builder(&folder, 60).start().await.expect("starts");

    assert_eq!(second.requests(), before.0);
    assert_eq!(second.ledger().movements(), before.1.movements());
    let caller = Caller {
        sandbox: &second,
        token: access,
        customer_token: customer,
        client: client(),
    };
    let known = status(&caller, "ord-1").await;
    assert_eq!(known.text("latestTransactionStatus"), "00");
    send(&caller, PAYMENT, reference("ord-1"))
        .await
        .assert("partner-reference.repeated", "4095401");
    assert_eq!(
        second.ledger().state("ord-2"),
        Some(OperationState::Pending)
    );
    assert!(second.decide("ord-2", Decision::Fail));
}

/// Tokens age while no sandbox runs.
#[tokio::test]
async fn time_that_passed_between_two_sandboxes_has_passed() {
    let folder = folder();
    let first = builder(&folder, 0).start().await.expect("starts");
    let caller = Caller::of(&first, "cust-1").await;
    let (access, customer) = (caller.token.clone(), caller.customer_token.clone());
    first.stop().await.expect("stops");

    let second = builder(&folder, 901).start().await.expect("starts");
    let caller = Caller {
        sandbox: &second,
        token: access,
        customer_token: customer,
        client: client(),
    };

    status(&caller, "ord-1")
        .await
        .assert("token.expired", "4015501");
    let stamp = "2026-11-20T17:45:01+07:00";
    send_call(&second, token_call(second.merchant(), stamp))
        .await
        .assert("ok", "2007300");
}

#[tokio::test]
async fn a_folder_belongs_to_one_sandbox_with_its_seed_and_options() {
    let folder = folder();
    let first = builder(&folder, 0).start().await.expect("starts");

    assert!(fails(builder(&folder, 0)).await.contains("in use"));
    first.stop().await.expect("stops");
    assert!(fails(builder(&folder, 0).seed(43)).await.contains("seed"));
    assert!(
        fails(builder(&folder, 0).unverified(true))
            .await
            .contains("options")
    );

    let other = frozen().state_folder(folder.path());
    let again = other.start().await.expect("the seed of the folder");
    assert!(again.merchant().client_id.starts_with("BRN-LOCAL-"));
}

#[tokio::test]
async fn a_file_that_is_no_state_is_left_alone() {
    let folder = folder();
    let file = folder.path().join("inputs.jsonl");
    std::fs::write(&file, "shopping list\n").expect("writes");

    let error = fails(builder(&folder, 0)).await;

    assert!(error.contains("move it away"), "{error}");
    assert_eq!(std::fs::read(&file).expect("reads"), b"shopping list\n");
}

/// It holds tokens.
#[cfg(unix)]
#[tokio::test]
async fn the_file_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = folder();
    let _sandbox = builder(&folder, 0).start().await.expect("starts");

    let file = std::fs::metadata(folder.path().join("inputs.jsonl")).expect("a file");
    assert_eq!(file.permissions().mode() & 0o777, 0o600);
}
