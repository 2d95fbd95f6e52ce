//! Card data: readable with the merchant's secret only, and told to nobody.

use serde_json::json;
use snap_sandbox::Sandbox;

use crate::{
    orders::send,
    specs::{CARD, Caller},
    support::{Reply, card_data, frozen},
};

async fn bind(caller: &Caller<'_>, card: &str) -> Reply {
    let named = json!({"cardData": card});
    send(caller, "direct-debit.cardBinding", named).await
}

fn encrypted(sandbox: &Sandbox, card: &str) -> String {
    card_data(&sandbox.merchant().client_secret, card)
}

/// Behaviour "card-data.unreadable".
#[tokio::test]
async fn card_data_has_to_be_encrypted_with_the_secret_and_to_describe_a_card() {
    let sandbox = frozen().start().await.expect("starts");
    let caller = Caller::of(&sandbox, "cust-1").await;
    let right = encrypted(&sandbox, CARD);
    let without_iv = right.split('|').next().expect("a part").to_owned();
    let wrong = [
        CARD.to_owned(),
        without_iv,
        right.replace('|', ":"),
        card_data("SK-LOCAL-another-secret", CARD),
        encrypted(&sandbox, "5221840000000001"),
        encrypted(&sandbox, "{}"),
        encrypted(
            &sandbox,
            r#"{"bankCardNo":"5221840000000001","bankCardType":"D"}"#,
        ),
        encrypted(
            &sandbox,
            r#"{"bankCardNo":"5221 8400 0000 0001","bankCardType":"D","expiryDate":"1229"}"#,
        ),
        encrypted(
            &sandbox,
            r#"{"bankCardNo":"5221840000000001","bankCardType":"X","expiryDate":"1229"}"#,
        ),
        encrypted(
            &sandbox,
            r#"{"bankCardNo":"5221840000000001","bankCardType":"D","expiryDate":"2912"}"#,
        ),
    ];

    bind(&caller, &right).await.assert("ok", "2000100");
    for card in wrong {
        let reply = bind(&caller, &card).await;

        reply.assert("card-data.unreadable", "4000101");
        let message = reply.text("responseMessage");
        assert_eq!(message, "Invalid Field Format cardData");
    }
}

#[tokio::test]
async fn the_number_of_a_card_is_a_secret_that_no_answer_tells() {
    let sandbox = frozen().start().await.expect("starts");
    let caller = Caller::of(&sandbox, "cust-1").await;
    let number = "5221840000000001";

    let reply = bind(&caller, &encrypted(&sandbox, CARD)).await;

    let check = std::panic::AssertUnwindSafe(|| sandbox.assert_absent_from(number));
    assert!(std::panic::catch_unwind(check).is_err(), "it is known");
    assert!(!reply.body.to_string().contains(number));
    sandbox.assert_absent_from(&format!("{sandbox:?} {:?}", sandbox.requests()));
}
