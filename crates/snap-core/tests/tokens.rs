//! One token for everybody, one request for it, and no token ever forced out of DOKU.

mod support;

use std::{
    collections::HashSet,
    sync::{Arc, atomic::AtomicU32},
    time::Duration,
};

use snap_core::{
    AccessToken, Stage,
    token::{MemoryTokenStore, NewEntry, TokenStore},
    transport::{TransportError, TransportStage},
};
use support::{
    Doku, Echo, client, refusal, request, sharing, slot,
    store::{Faulty, every_fault},
    token, token_answer, virtual_now,
};

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test(start_paused = true)]
async fn ten_thousand_first_callers_make_one_token_request() {
    let doku = Doku::slow(Duration::from_millis(50));
    let client = client(&doku);

    let callers: Vec<_> = (0..10_000)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { client.call::<Echo>(&request()).await.map(drop) })
        })
        .collect();
    for caller in callers {
        caller.await.unwrap().unwrap();
    }

    assert_eq!((doku.token_requests(), doku.calls().len()), (1, 10_000));
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_gives_up_loses_the_token_for_nobody() {
    let doku = Doku::slow(Duration::from_millis(50));
    let client = client(&doku);

    let first = tokio::time::timeout(Duration::from_millis(10), client.token(Duration::ZERO)).await;
    let second = token(&client).await;

    assert!(first.is_err());
    assert_eq!((second.as_str(), doku.token_requests()), ("TOKEN-1", 1));
}

#[tokio::test(start_paused = true)]
async fn a_token_request_finishes_although_all_its_callers_are_gone() {
    let doku = Doku::slow(Duration::from_millis(50));
    let client = client(&doku);
    let given_up = tokio::time::timeout(Duration::from_millis(10), client.token(Duration::ZERO));
    assert!(given_up.await.is_err());

    tokio::time::sleep(SECOND).await;

    assert_eq!(doku.token_requests(), 1);
    assert_eq!(token(&client).await, "TOKEN-1");
    assert_eq!(doku.token_requests(), 1);
}

#[tokio::test(start_paused = true)]
async fn fifty_callers_refused_at_once_get_one_new_token_and_one_replay_each() {
    let doku = Doku::slow(Duration::from_millis(50));
    let client = client(&doku);
    token(&client).await;
    doku.kill_tokens();

    let callers: Vec<_> = (0..50)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { client.call::<Echo>(&request()).await.map(drop) })
        })
        .collect();
    for caller in callers {
        caller.await.unwrap().unwrap();
    }

    assert_eq!((doku.token_requests(), doku.calls().len()), (2, 100));
    let ids: HashSet<_> = doku
        .calls()
        .iter()
        .map(|call| call.header("x-external-id").to_owned())
        .collect();
    assert_eq!(ids.len(), 100, "a replay has an external id of its own");
}

#[tokio::test(start_paused = true)]
async fn a_late_refusal_of_an_old_token_does_not_cost_the_new_one() {
    let doku = Doku::new();
    let client = client(&doku);
    token(&client).await;
    doku.kill_tokens();
    doku.answer_late(SECOND);
    let late = {
        let client = client.clone();
        tokio::spawn(async move { client.call::<Echo>(&request()).await.map(drop) })
    };
    tokio::task::yield_now().await;

    client.call::<Echo>(&request()).await.unwrap();
    assert_eq!(token(&client).await, "TOKEN-2");
    late.await.unwrap().unwrap();

    assert_eq!(
        (doku.token_requests(), token(&client).await.as_str()),
        (2, "TOKEN-2")
    );
    assert_eq!(doku.calls().len(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_waits_for_its_replay_until_the_limit_is_a_refusal() {
    let doku = Doku::new();
    let client = client(&doku);
    token(&client).await;
    doku.kill_tokens();
    doku.answer_late(SECOND); // the refusal
    doku.answer_late(60 * SECOND); // the token request

    let call = client.call::<Echo>(&request()).with_timeout(5 * SECOND);
    let error = call.await.unwrap_err();

    assert_eq!((error.stage(), error.is_timeout()), (Stage::Refused, true));
    assert_eq!(error.response_code().unwrap().as_str(), "4011101");
}

#[test]
fn a_runtime_that_is_gone_is_an_error_and_no_deadlock() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let doku = Doku::new();
    let client = client(&doku);
    let handle = runtime.handle().clone();
    drop(runtime);

    let (done, waited) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            handle.block_on(client.token(Duration::ZERO)).is_err()
        }));
        let _ = done.send(outcome);
    });

    // An error, or tokio's own panic about timers without a runtime; but an end.
    let outcome = waited.recv_timeout(10 * SECOND).expect("the caller hangs");
    assert!(outcome.unwrap_or(true));
}

#[tokio::test(start_paused = true)]
async fn a_token_refused_for_ever_is_replayed_once_and_reported() {
    let doku = Doku::new();
    doku.kill_every_token();

    let error = client(&doku).call::<Echo>(&request()).await.unwrap_err();

    assert_eq!(error.stage(), Stage::Refused);
    assert_eq!(error.response_code().unwrap().as_str(), "4011101");
    assert_eq!((doku.token_requests(), doku.calls().len()), (2, 2));
}

#[tokio::test(start_paused = true)]
async fn a_refused_token_that_cannot_be_replaced_is_reported_with_both_causes() {
    let doku = Doku::new();
    let client = client(&doku);
    token(&client).await;
    doku.kill_tokens();
    doku.say_to_token_request(Ok((500, refusal("5007300", "General Error"))));

    let error = client.call::<Echo>(&request()).await.unwrap_err();

    assert_eq!(error.response_code().unwrap().as_str(), "4011101");
    assert!(error.to_string().contains("5007300"), "{error}");
    let code = error.token_error().unwrap().response_code();
    assert_eq!(code.unwrap().as_str(), "5007300");
    assert_eq!(doku.calls().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_failing_token_endpoint_is_asked_once_per_back_off_step() {
    let doku = Doku::new();
    let client = client(&doku);
    let mut asked_at = Vec::new();
    let start = virtual_now();

    for _ in 0..100 {
        doku.say_to_token_request(Ok((500, refusal("5007300", "General Error"))));
    }
    while start.elapsed() < 40 * SECOND {
        let before = doku.token_requests();
        let error = client.token(Duration::ZERO).await.unwrap_err();
        assert!(error.to_string().contains("5007300"), "{error}");
        if doku.token_requests() > before {
            asked_at.push(start.elapsed());
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }

    // 1 + 2 + 4 + 8 + 16 s of pauses with 20 % jitter: the sixth request comes after about 31 s.
    let pauses: Vec<_> = asked_at
        .windows(2)
        .map(|pair| (pair[1] - pair[0]).as_millis())
        .collect();
    for (pause, nominal) in pauses.iter().zip([1000, 2000, 4000, 8000, 16_000]) {
        let range = nominal * 4 / 5..=nominal * 6 / 5 + 20;
        assert!(range.contains(pause), "{pauses:?}");
    }
    assert!((5..=6).contains(&asked_at.len()), "{asked_at:?}");
}

#[tokio::test(start_paused = true)]
async fn a_refusal_by_configuration_is_left_alone_for_half_a_minute() {
    let doku = Doku::new();
    let client = client(&doku);
    doku.say_to_token_request(Ok((
        400,
        refusal("4007302", "Invalid Mandatory Field X-CLIENT-KEY"),
    )));
    let error = client.token(Duration::ZERO).await.unwrap_err();
    assert_eq!(error.stage(), Stage::NotSent);

    tokio::time::sleep(20 * SECOND).await;
    assert!(client.token(Duration::ZERO).await.is_err());
    assert_eq!(doku.token_requests(), 1);

    tokio::time::sleep(20 * SECOND).await;
    assert_eq!(token(&client).await, "TOKEN-1");
}

#[tokio::test(start_paused = true)]
async fn a_wrong_signature_names_client_and_key_and_never_the_secret() {
    let doku = Doku::new();
    let answer = refusal("4017300", "Unauthorized. Invalid Signature");
    doku.say_to_token_request(Ok((401, answer)));

    let error = client(&doku).call::<Echo>(&request()).await.unwrap_err();

    let text = format!("{error} {error:?}");
    assert!(
        text.contains("4017300 Unauthorized. Invalid Signature"),
        "{text}"
    );
    assert!(
        text.contains(support::CLIENT_ID) && text.contains("0badc0de"),
        "{text}"
    );
    assert!(!text.contains(support::SECRET), "{text}");
    assert_eq!(
        error.response_code(),
        None,
        "DOKU sent no code for this operation"
    );
    let code = error.token_error().unwrap().response_code();
    assert_eq!(code.unwrap().as_str(), "4017300");
}

#[tokio::test(start_paused = true)]
async fn a_token_near_its_end_is_served_while_one_request_replaces_it() {
    let doku = Doku::slow(Duration::from_millis(50));
    let client = client(&doku);
    token(&client).await;

    tokio::time::sleep(700 * SECOND).await;
    assert_eq!(
        (token(&client).await.as_str(), doku.token_requests()),
        ("TOKEN-1", 1)
    );
    tokio::time::sleep(150 * SECOND).await;
    for _ in 0..100 {
        assert_eq!(token(&client).await, "TOKEN-1");
    }
    tokio::time::sleep(SECOND).await;

    assert_eq!(
        (token(&client).await.as_str(), doku.token_requests()),
        ("TOKEN-2", 2)
    );
}

#[tokio::test(start_paused = true)]
async fn a_token_that_cannot_be_renewed_is_used_until_ten_seconds_before_its_end() {
    let doku = Doku::new();
    let client = client(&doku);
    token(&client).await;
    for _ in 0..100 {
        let down = TransportError::new(TransportStage::NotConnected, "no connection");
        doku.say_to_token_request(Err(down));
    }

    tokio::time::sleep(889 * SECOND).await;
    assert_eq!(token(&client).await, "TOKEN-1");
    tokio::time::sleep(2 * SECOND).await;

    assert_eq!(
        client.token(Duration::ZERO).await.unwrap_err().stage(),
        Stage::NotSent
    );
}

#[tokio::test(start_paused = true)]
async fn a_caller_may_ask_for_a_token_with_enough_life_left() {
    let doku = Doku::new();
    let client = client(&doku);
    token(&client).await;
    tokio::time::sleep(600 * SECOND).await;

    let short = client.token(200 * SECOND).await.unwrap();
    let long = client.token(600 * SECOND).await.unwrap();
    assert_eq!((short.expose(), long.expose()), ("TOKEN-1", "TOKEN-2"));

    for _ in 0..100 {
        let longest = client.token(3600 * SECOND).await.unwrap();
        assert_eq!(
            longest.expose(),
            "TOKEN-2",
            "nearly new is as good as it gets"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn an_unreadable_token_answer_is_no_token_and_says_why() {
    for (answer, because) in [
        ("<html>maintenance</html>".to_owned(), "not JSON"),
        (String::new(), "empty"),
        (
            r#"{"accessToken":"x"}"#.to_owned(),
            "without a readable response code",
        ),
        (r#"{"responseCode":"2007300"}"#.to_owned(), "no token"),
        (token_answer("two words", "900"), "no token"),
        (token_answer("", "900"), "no token"),
        (refusal("0", "odd"), "seven digits"),
    ] {
        let doku = Doku::new();
        doku.say_to_token_request(Ok((200, answer)));

        let error = client(&doku).token(Duration::ZERO).await.unwrap_err();

        assert!(error.to_string().contains(because), "{error}");
        assert_eq!(error.stage(), Stage::NotSent);
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_request_that_hangs_ends_after_ten_seconds() {
    let doku = Doku::slow(60 * SECOND);
    let client = client(&doku);
    let start = virtual_now();

    let error = client.call::<Echo>(&request()).await.unwrap_err();

    assert_eq!(
        (error.stage(), start.elapsed()),
        (Stage::NotSent, 10 * SECOND)
    );
}

#[tokio::test(start_paused = true)]
async fn two_clients_on_one_store_share_one_token() {
    let doku = Doku::slow(Duration::from_millis(50));
    let store = Arc::new(MemoryTokenStore::new());
    let (one, other) = (sharing(&doku, &store), sharing(&doku, &store));

    let (first, second) = tokio::join!(token(&one), token(&other));
    assert_eq!(
        (first, second, doku.token_requests()),
        ("TOKEN-1".into(), "TOKEN-1".into(), 1)
    );

    doku.kill_tokens();
    one.call::<Echo>(&request()).await.unwrap();
    other.call::<Echo>(&request()).await.unwrap();
    assert_eq!(
        doku.token_requests(),
        2,
        "the second client adopted the token of the first"
    );
}

#[tokio::test(start_paused = true)]
async fn the_lease_of_a_dead_process_is_waited_for_and_then_taken() {
    let doku = Doku::new();
    let store = Arc::new(MemoryTokenStore::new());
    let slot = slot();
    store.lease(&slot, 15 * SECOND).await.unwrap().unwrap();
    let client = sharing(&doku, &store);
    let start = virtual_now();

    assert_eq!(token(&client).await, "TOKEN-1");

    let waited = start.elapsed();
    assert!((15 * SECOND..16 * SECOND).contains(&waited), "{waited:?}");
}

#[tokio::test(start_paused = true)]
async fn a_store_that_fails_or_hangs_costs_neither_a_call_nor_a_second_token_request() {
    for (store, what) in every_fault() {
        let doku = Doku::new();
        let client = sharing(&doku, &Arc::new(store));

        client.call::<Echo>(&request()).await.unwrap();
        assert_eq!(doku.token_requests(), 1, "{what}");
        tokio::time::sleep(61 * SECOND).await;
        doku.kill_tokens();
        client.call::<Echo>(&request()).await.unwrap();
        assert_eq!(doku.token_requests(), 2, "{what}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_found_under_the_lease_is_adopted_although_the_lease_cannot_be_given_back() {
    let store = Faulty {
        release: true,
        late: AtomicU32::new(1),
        ..Faulty::default()
    };
    let slot = slot();
    let life = Duration::from_secs(900);
    let shared = NewEntry::new(AccessToken::new("TOKEN-SHARED"), life);
    let written = store.memory.compare_and_swap(&slot, None, shared).await;
    assert!(written.unwrap().is_some());
    let doku = Doku::new();
    let client = sharing(&doku, &Arc::new(store));

    let found = token(&client).await;

    assert_eq!((found.as_str(), doku.token_requests()), ("TOKEN-SHARED", 0));
}

#[tokio::test(start_paused = true)]
async fn a_refused_token_request_is_not_repeated_because_the_store_fails() {
    let store = Faulty {
        release: true,
        ..Faulty::default()
    };
    let doku = Doku::new();
    doku.say_to_token_request(Ok((500, refusal("5007300", "General Error"))));
    let client = sharing(&doku, &Arc::new(store));

    client.token(Duration::ZERO).await.unwrap_err();

    assert_eq!(doku.token_requests(), 1);
}

#[tokio::test(start_paused = true)]
async fn tokens_refused_for_ever_do_not_become_a_storm_of_token_requests() {
    let doku = Doku::new();
    let client = client(&doku);
    doku.kill_every_token();

    for _ in 0..100 {
        client.call::<Echo>(&request()).await.unwrap_err();
    }
    assert_eq!(
        doku.token_requests(),
        3,
        "the third refusal starts a back-off"
    );
    let error = client.call::<Echo>(&request()).await.unwrap_err();
    assert_eq!(error.stage(), Stage::NotSent);
    assert!(
        error.to_string().contains("Config::with_token_store"),
        "{error}"
    );

    tokio::time::sleep(2 * SECOND).await;
    for _ in 0..100 {
        client.call::<Echo>(&request()).await.unwrap_err();
    }
    assert_eq!(doku.token_requests(), 4);
}
