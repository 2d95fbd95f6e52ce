//! A clock that is wrong: one correction and one replay, or none and a text that says why.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "in helpers of tests"
)]

mod support;

use std::{sync::Arc, time::Duration};

use snap_core::{Client, Error, NotMovedProof, Operation};
use snap_sign::Timestamp;
use support::{
    Doku, Echo, Recorded, TOKEN_PATH, config,
    customers::bound,
    money::{Pay, is, not_moved, order},
    request,
    time::{DokusClock, World, WrongClock},
    token,
};

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// A client whose clock is off, and a DOKU that knows the time.
struct Scene {
    world: World,
    doku: Arc<Doku>,
    clock: WrongClock,
    client: Client,
}

impl Scene {
    /// The clock is right until there is a token, and then so many seconds ahead.
    async fn new(ahead: i64) -> Self {
        Self::with(ahead, true, |clock| clock).await
    }

    async fn with(ahead: i64, corrects: bool, about: impl Fn(DokusClock) -> DokusClock) -> Self {
        let world = World::new();
        let (doku, clock) = (Doku::new(), WrongClock::new(world, 0));
        let config = config()
            .with_clock(clock.clone())
            .with_clock_correction(corrects);
        let client = Client::with_transport(config, Arc::clone(&doku)).unwrap();
        token(&client).await;
        doku.keep_time(about(DokusClock::new(world)));
        clock.jump(ahead);
        Self {
            world,
            doku,
            clock,
            client,
        }
    }

    async fn read(&self) -> Result<(), Error> {
        self.client.call::<Echo>(&request()).await.map(drop)
    }

    /// By how many seconds each call so far differed from the world's time, now.
    fn differences(&self) -> Vec<i64> {
        let calls = self.doku.calls();
        calls
            .iter()
            .map(|call| seconds(call) - self.world.unix_seconds())
            .collect()
    }

    /// The correction in seconds.
    fn corrected_by(&self) -> Option<i64> {
        let offset = self.client.clock_offset();
        offset.map(|offset| offset.millis.div_euclid(1000))
    }
}

fn seconds(request: &Recorded) -> i64 {
    Timestamp::parse(request.header("x-timestamp"))
        .unwrap()
        .unix_seconds()
}

/// The correction is right but for the second that `Date` cannot tell, and the way of an answer.
#[track_caller]
fn is_about(corrected: Option<i64>, seconds: i64) {
    let corrected = corrected.expect("the clock is corrected");
    assert!(
        corrected.abs_diff(seconds) <= 1,
        "{corrected} for {seconds}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_is_off_by_minutes_is_corrected_once_and_the_call_succeeds() {
    for ahead in [5 * MINUTE, -5 * MINUTE, 14 * MINUTE, -14 * MINUTE] {
        let scene = Scene::new(ahead).await;

        scene.read().await.unwrap();

        let (calls, ids) = (scene.doku.calls(), scene.doku.external_ids());
        assert_eq!(calls.len(), 2, "{ahead}");
        assert_ne!(ids[0], ids[1]);
        assert_ne!(
            calls[0].header("x-signature"),
            calls[1].header("x-signature")
        );
        assert_eq!(scene.differences()[0], ahead);
        assert!(
            scene.differences()[1].abs() <= 1,
            "{:?}",
            scene.differences()
        );
        is_about(scene.corrected_by(), -ahead);
    }
}

#[tokio::test(start_paused = true)]
async fn a_payment_is_corrected_and_sent_once_more_like_a_read() {
    let scene = Scene::new(5 * MINUTE).await;

    let answer = scene.client.call::<Pay>(&order()).await.unwrap();

    let sent = scene.doku.external_ids();
    assert_eq!(sent.len(), 2);
    let told: Vec<_> = answer
        .attempts()
        .iter()
        .map(|one| one.external_id.as_str())
        .collect();
    assert_eq!(told, sent);
    assert_eq!(scene.doku.calls()[0].body, scene.doku.calls()[1].body);
}

#[tokio::test(start_paused = true)]
async fn the_correction_is_kept_for_later_calls() {
    let scene = Scene::new(-5 * MINUTE).await;
    scene.read().await.unwrap();

    for _ in 0..3 {
        scene.read().await.unwrap();
        tokio::time::sleep(Duration::from_secs(60)).await;
    }

    assert_eq!(scene.doku.calls().len(), 5, "one was refused");
}

#[tokio::test(start_paused = true)]
async fn the_external_id_names_the_corrected_second() {
    let scene = Scene::new(10 * MINUTE).await;

    scene.read().await.unwrap();

    // `yyMMddHHmm`, which the world has not left yet.
    let id = &scene.doku.external_ids()[1];
    let stamp: String = scene.doku.calls()[1].header("x-timestamp")[2..16]
        .chars()
        .filter(char::is_ascii_digit)
        .collect();
    assert_eq!(id[..10], stamp);
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_is_off_by_more_than_a_quarter_of_an_hour_is_not_corrected() {
    for ahead in [16 * MINUTE, HOUR, -HOUR, DAY, -DAY] {
        let scene = Scene::new(ahead).await;

        let error = scene.read().await.unwrap_err();

        assert_eq!(scene.doku.calls().len(), 1, "{ahead}");
        assert_eq!(scene.client.clock_offset(), None);
        let text = error.to_string();
        let named =
            [-ahead, -ahead + 1].map(|seconds| format!("the clock of this host is {seconds}."));
        let trunc = format!("the clock of this host is {}.", -ahead - 1);
        assert!(
            named
                .iter()
                .chain([&trunc])
                .any(|part| text.contains(part.as_str())),
            "{text}"
        );
        assert!(
            text.contains("s from DOKU's, more than is corrected: set it"),
            "{text}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_payment_by_a_clock_that_is_a_day_off_is_refused_and_moved_nothing() {
    let scene = Scene::new(DAY).await;

    let result = scene.client.call::<Pay>(&order()).await;

    is(&result, &not_moved(NotMovedProof::AuthRejected));
    assert_eq!(scene.doku.calls().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_answer_without_a_date_or_from_a_cache_corrects_nothing() {
    let no_date = |clock| DokusClock {
        tells_date: false,
        ..clock
    };
    let cached = |clock| DokusClock {
        tells_age: true,
        ..clock
    };
    for scene in [
        Scene::with(5 * MINUTE, true, no_date).await,
        Scene::with(5 * MINUTE, true, cached).await,
    ] {
        let error = scene.read().await.unwrap_err();

        assert!(
            error.to_string().contains("check that the clock is right"),
            "{error}"
        );
        assert_eq!(
            (scene.doku.calls().len(), scene.client.clock_offset()),
            (1, None)
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_refusal_by_a_clock_that_is_right_says_that_it_is_not_the_clock() {
    let impatient = |clock| DokusClock {
        tolerance: Duration::from_secs(10),
        ..clock
    };
    let scene = Scene::with(20, true, impatient).await;

    let error = scene.read().await.unwrap_err();

    assert!(
        error
            .to_string()
            .contains("it is not the clock, which is -"),
        "{error}"
    );
    assert_eq!(
        (scene.doku.calls().len(), scene.client.clock_offset()),
        (1, None)
    );
}

#[tokio::test(start_paused = true)]
async fn a_client_whose_corrections_are_switched_off_says_so_and_leaves_the_clock_alone() {
    let scene = Scene::with(5 * MINUTE, false, |clock| clock).await;

    let error = scene.read().await.unwrap_err();

    assert!(
        error.to_string().contains("corrections are switched off"),
        "{error}"
    );
    assert_eq!(
        (scene.doku.calls().len(), scene.client.clock_offset()),
        (1, None)
    );
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_jumps_later_is_measured_anew_and_not_added_up() {
    let scene = Scene::new(5 * MINUTE).await;
    scene.read().await.unwrap();

    scene.clock.jump(-4 * MINUTE);
    scene.read().await.unwrap();
    is_about(scene.corrected_by(), 4 * MINUTE);
    scene.clock.jump(0);
    scene.read().await.unwrap();

    is_about(scene.corrected_by(), 0);
    assert_eq!(scene.doku.calls().len(), 6);
}

#[tokio::test(start_paused = true)]
async fn a_token_request_is_corrected_too() {
    let world = World::new();
    let doku = Doku::new();
    doku.keep_time(DokusClock::new(world));
    let config = config().with_clock(WrongClock::new(world, 5 * MINUTE));
    let client = Client::with_transport(config, Arc::clone(&doku)).unwrap();

    client.call::<Echo>(&request()).await.unwrap();

    assert_eq!((doku.token_requests(), doku.calls().len()), (2, 1));
    let requests = doku.requests();
    let of_token: Vec<_> = requests
        .iter()
        .filter(|one| one.path == TOKEN_PATH)
        .map(seconds)
        .collect();
    assert_eq!(of_token[0] - world.unix_seconds(), 5 * MINUTE);
    assert!(
        (of_token[1] - world.unix_seconds()).abs() <= 1,
        "{of_token:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_grant_of_a_customer_is_corrected_and_not_taken_for_an_unlinked_customer() {
    let scene = Scene::new(-5 * MINUTE).await;

    bound(&scene.client, "anna").await;

    assert_eq!(scene.doku.grants().len(), 2);
    is_about(scene.corrected_by(), 5 * MINUTE);
}

/// Everyone was signed by the wrong clock, so everyone is sent again by the right one.
#[tokio::test(start_paused = true)]
async fn calls_that_are_refused_together_are_all_corrected() {
    let scene = Scene::new(5 * MINUTE).await;

    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let client = scene.client.clone();
        calls.spawn(async move { client.call::<Echo>(&request()).await.map(drop) });
    }
    let results = calls.join_all().await;

    for result in results {
        result.unwrap();
    }
    assert_eq!(scene.doku.calls().len(), 40);
    is_about(scene.corrected_by(), -5 * MINUTE);
}

#[tokio::test(start_paused = true)]
async fn a_signature_that_is_wrong_for_another_reason_is_replayed_once_at_most() {
    let scene = Scene::new(5 * MINUTE).await;
    let code = format!("401{}00", Echo::INFO.service_code());
    scene
        .doku
        .always_say(401, support::refusal(&code, "Unauthorized"));

    let error = scene.read().await.unwrap_err();

    assert_eq!(scene.doku.calls().len(), 2);
    let text = error.to_string();
    assert!(
        text.contains("the clock was corrected, and that did not help"),
        "{text}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_call_is_not_replayed_for_its_clock_after_it_was_replayed_for_its_token() {
    let scene = Scene::new(0).await;
    scene.doku.kill_tokens();
    scene.doku.answer_late(Duration::from_millis(5)); // the refusal
    scene.doku.answer_late(Duration::from_secs(1)); // the token request
    let clock = scene.clock.clone();
    let jump = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        clock.jump(5 * MINUTE);
    };

    let (result, ()) = tokio::join!(scene.read(), jump);

    let error = result.unwrap_err();
    assert_eq!(scene.doku.calls().len(), 2);
    let text = error.to_string();
    assert!(!text.contains("did not help"), "{text}");
    // The next call has the use of it.
    scene.read().await.unwrap();
    assert_eq!(scene.doku.calls().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_call_is_not_replayed_for_its_token_after_it_was_replayed_for_its_clock() {
    let scene = Scene::new(5 * MINUTE).await;
    scene.doku.kill_tokens();

    let result = scene.client.call::<Pay>(&order()).await;

    is(&result, &not_moved(NotMovedProof::AuthRejected));
    assert_eq!(scene.doku.calls().len(), 2);
}
