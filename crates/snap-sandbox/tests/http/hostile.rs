//! Requests that are signed as they should be, and say anything.

use serde_json::{Value, json};
use snap_sandbox::{Amount, Sandbox};

use crate::{
    admin,
    player::{Dice, Manner, Player},
    specs,
    support::frozen,
};

/// Texts that break what is careless.
const TEXTS: [&str; 22] = [
    "",
    " ",
    "\u{0}",
    "é",
    "日本語のテキスト",
    "👩‍👩‍👧‍👦👩‍👩‍👧‍👦👩‍👩‍👧‍👦",
    "\u{202e}drowssap",
    "\u{feff}ord-1",
    "ord-1",
    "a\"b\\c\n\r\t",
    "<script>alert(1)</script>",
    "../../etc/passwd",
    "0",
    "-1.00",
    "99999999999999999999999999.99",
    "9999999999999999.99",
    "0.00",
    "NaN",
    "2026-11-20T17:30:00+07:00",
    "0000-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00",
    "DIRECT_DEBIT_CIMB_SNAP",
];

fn hostile(dice: &mut Dice) -> Value {
    match dice.below(12) {
        0 => Value::Null,
        1 => json!(true),
        2 => json!([]),
        3 => json!({}),
        4 => json!(u64::MAX),
        5 => json!([{"value": "1.00", "currency": "IDR"}, {}]),
        6 => json!({"value": dice.pick(&TEXTS), "currency": dice.pick(&["IDR", "USD", "€", "é1"])}),
        7 => json!("é".repeat(1 + dice.below(300))),
        8 => json!("7".repeat(1 + dice.below(300))),
        _ => json!(dice.pick(&TEXTS)),
    }
}

/// Changes a few values at any depth, and adds a member that nobody knows there.
fn mutate(dice: &mut Dice, body: &mut Value) {
    match body {
        Value::Object(members) => {
            for value in members.values_mut() {
                match dice.below(8) {
                    0 => *value = hostile(dice),
                    _ => mutate(dice, value),
                }
            }
            if dice.below(6) == 0 {
                let name = *dice.pick(&[&"amount", &"refundAmount", &"sessionId", &"otp", &"é"]);
                members.insert(name.to_owned(), hostile(dice));
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| mutate(dice, item)),
        value if dice.below(10) == 0 => *value = hostile(dice),
        _ => {}
    }
}

async fn sandbox(seed: u64) -> Sandbox {
    let builder = frozen()
        .seed(seed)
        .unverified(true)
        .sessions(seed.is_multiple_of(2))
        .stateful(!seed.is_multiple_of(5))
        .accept_duplicates(seed.is_multiple_of(3))
        .channel_rules(seed.is_multiple_of(4))
        .payout_fee(Amount::rupiah(1))
        .admin(([127, 0, 0, 1], 0).into());
    let sandbox = builder.start().await.expect("starts");
    if seed.is_multiple_of(7) {
        // The last minutes of the calendar.
        let action = json!({"action": "skip", "seconds": 251_575_592_999_u64});
        admin::act(&sandbox, action).await;
    }
    sandbox
}

#[tokio::test]
async fn whatever_is_signed_gets_an_answer_and_the_books_balance() {
    for seed in 1..=10 {
        let sandbox = sandbox(seed).await;
        let mut player = Player::new(seed);
        player.log_in(&sandbox);
        let mut accepted = 0;
        for spec in specs::all() {
            for round in 0..12 {
                let mut body = spec.body(&sandbox, round % 2 == 0);
                if round > 1 {
                    mutate(&mut player.dice, &mut body);
                }
                let status = player.send(&sandbox, spec, &body);

                let status = status.expect("an answer");
                assert!((200..500).contains(&status), "{} {body}: {status}", spec.id);
                accepted += usize::from(status == 200);
            }
        }
        assert!(accepted > 50, "{accepted}");
        sandbox.ledger().assert_balanced();
    }
}

/// What an answer says of a request that was judged: its verdict and its code.
fn judgements(player: &Player) -> Vec<String> {
    let heard = player.heard.iter();
    heard
        .filter_map(|answer| {
            let word = |name: &str, end: char| {
                let (_, rest) = answer.split_once(name)?;
                Some(rest.split(end).next()?.to_owned())
            };
            let verdict = word("x-sandbox-verdict\", \"", '"')?;
            let code = word("\"responseCode\":", ',');
            Some(format!("{verdict} {}", code.unwrap_or_default()))
        })
        .collect()
}

/// Nothing that a request without effect left behind changes what is thought of any other.
#[tokio::test]
async fn a_request_without_effect_leaves_nothing_behind() {
    for seed in 1..=5 {
        let builder = || {
            frozen()
                .seed(seed)
                .unverified(true)
                .admin(([127, 0, 0, 1], 0).into())
        };
        let one = builder().start().await.expect("starts");
        let other = builder().start().await.expect("starts");
        let (mut tame, mut twice) = (Player::new(seed), Player::new(seed));
        (tame.manner, twice.manner) = (Manner::Tame, Manner::Twice);

        for step in 0..200 {
            tame.step(&one).await;
            twice.step(&other).await;
            let last = |player: &Player| judgements(player).pop();
            assert_eq!(last(&tame), last(&twice), "seed {seed}, step {step}");
        }

        assert_eq!(judgements(&tame), judgements(&twice), "seed {seed}");
        assert_eq!(one.ledger().movements(), other.ledger().movements());
        assert!(
            judgements(&tame)
                .iter()
                .filter(|one| one.starts_with("ok"))
                .count()
                > 30
        );
    }
}
