//! A set whose requests DOKU sends.

use crate::common::{AUTHORED, Workspace};

#[test]
fn what_doku_sends_is_read_and_what_the_merchant_answers_is_built() {
    let workspace = Workspace::sent_by_doku("sent-by-doku");
    workspace.generate().unwrap();

    let file = workspace.read("crates/doku-shop/src/generated/shop_notification.rs");
    let (answer, message) = file.split_once("pub struct ShopNotification {").unwrap();

    assert!(answer.contains("bon::Builder"), "{answer}");
    assert!(answer.contains("pub struct ShopNotificationAnswer {"));
    assert!(answer.contains("pub received: String,"), "{answer}");
    assert!(!answer.contains("responseCode"), "{answer}");
    assert!(
        message.contains("pub reference: Option<String>,"),
        "{message}"
    );
    assert!(message.contains(r#".field("customer", &format_args!("[redacted]"))"#));
    assert!(!file.contains("Operation"), "{file}");
}

#[test]
fn there_is_no_client_and_no_copy_for_the_sandbox() {
    let workspace = Workspace::sent_by_doku("sent-by-doku");
    workspace.write("crates/snap-sandbox/specs/other.json", b"{}");
    workspace.write("crates/doku-shop/README.md", b"no table\n");

    workspace.generate().unwrap();

    let names = workspace.files().into_iter().map(|(path, _)| path);
    let names: Vec<String> = names.map(|path| path.display().to_string()).collect();
    assert!(names.contains(&"crates/doku-shop/src/generated/mod.rs".to_owned()));
    assert!(!names.iter().any(|name| name.ends_with("client.rs")));
    assert!(!names.contains(&"crates/snap-sandbox/specs/shop.json".to_owned()));
    assert_eq!(workspace.read("crates/doku-shop/README.md"), "no table\n");
}

#[test]
fn the_contract_marks_what_the_merchant_writes_and_reads() {
    let workspace = Workspace::sent_by_doku("sent-by-doku");
    workspace.generate().unwrap();

    assert_eq!(
        workspace.read("specs/shop/contract.txt"),
        "shopNotification: POST /shop/v1/notify service=56 token=b2b kind=notification\n\
         shopNotification < customer: text masked\n\
         shopNotification < reference: text\n\
         shopNotification > received: text required\n"
    );
}

#[test]
fn a_kind_that_does_not_fit_the_sender_is_an_error() {
    let workspace = Workspace::sent_by_doku("sent-by-doku");
    let workspace = workspace.change(AUTHORED, "kind: notification", "kind: read");

    let error = workspace.generate().unwrap_err();

    assert!(
        error.contains("kind read and the sender of this product do not fit"),
        "{error}"
    );
}
