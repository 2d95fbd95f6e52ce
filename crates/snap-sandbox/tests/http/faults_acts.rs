//! What a client sees of the rarer faults.

use serde_json::{Value, json};
use snap_sandbox::{Act, At, Fault};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::{
    faults::{Bench, Seen, both},
    support::Call,
};

/// A request as bytes, for a client that looks at the connection itself.
pub(crate) fn bytes(call: &Call) -> Vec<u8> {
    let mut head = format!(
        "{} {} HTTP/1.1\r\nhost: localhost\r\n",
        call.method, call.path
    );
    for (name, value) in &call.headers {
        head.push_str(&format!("{name}: {}\r\n", value.to_str().expect("text")));
    }
    head.push_str(&format!("content-length: {}\r\n\r\n", call.body.len()));
    [head.as_bytes(), &call.body].concat()
}

#[tokio::test]
async fn a_duplicate_answer_waits_on_the_connection_for_the_next_request() {
    let bench = Bench::new().await;
    bench.inject(Fault::new(At::AfterRequest, Act::Duplicate).with_apply_effect(true));
    let mut stream = TcpStream::connect(bench.sandbox.address())
        .await
        .expect("connects");

    stream
        .write_all(&bytes(&bench.call("out-1", "1")))
        .await
        .expect("sends");
    let mut seen = String::new();
    let mut piece = [0; 4096];
    while seen.matches("2004300").count() < 2 || !seen.ends_with('}') {
        let count = stream.read(&mut piece).await.expect("reads");
        assert!(count > 0, "{seen}");
        seen.push_str(&String::from_utf8_lossy(&piece[..count]));
    }

    let half = seen.len() / 2;
    assert_eq!(seen[..half], seen[half..]);
    assert!(!seen.contains("connection: close"));
    assert_eq!(bench.effects("out-1"), 1);
    let next = bench.send("out-2", "2").await;
    assert_eq!(next.json()["partnerReferenceNo"], "out-2");
}

#[tokio::test]
async fn a_bomb_is_small_on_the_wire() {
    for seen in both(At::AfterRequest, Act::GzipBomb).await {
        let (status, headers, body) = seen.whole();

        assert_eq!(status, 200);
        assert_eq!(headers["content-encoding"], "gzip");
        assert!((1_000_000..1_100_000).contains(&body.len()));
        assert!(body.starts_with(&[0x1f, 0x8b]));
    }
}

#[tokio::test]
async fn after_a_whole_answer_the_connection_is_reset_or_stays_open() {
    let bench = Bench::new().await;
    for (number, act) in [Act::Reset, Act::Hang].into_iter().enumerate() {
        let reference = format!("out-{number}");
        bench.inject(Fault::new(At::AfterResponse, act.clone()).with_apply_effect(true));
        let mut stream = TcpStream::connect(bench.sandbox.address())
            .await
            .expect("connects");
        let call = bench.call(&reference, &number.to_string());
        stream.write_all(&bytes(&call)).await.expect("sends");
        let mut seen = Vec::new();
        let mut piece = [0; 4096];
        while !seen.ends_with(b"}") {
            let count = stream.read(&mut piece).await.expect("a whole answer");
            assert!(count > 0);
            seen.extend(&piece[..count]);
        }

        let more = tokio::select! {
            biased;
            more = stream.read(&mut piece), if act == Act::Reset => Some(more),
            () = tokio::task::yield_now() => None,
        };

        match act {
            Act::Reset => {
                let more = match more {
                    Some(more) => more,
                    None => stream.read(&mut piece).await,
                };
                let error = more.expect_err("a reset");
                assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
            }
            _ => assert!(stream.try_read(&mut piece).is_err(), "nothing more comes"),
        }
        assert_eq!(bench.effects(&reference), 1);
    }
}

#[tokio::test]
async fn a_code_can_leave_the_service_open() {
    let answer = Act::Answer {
        http: 504,
        code: "504ss00".to_owned(),
    };
    for seen in both(At::AfterRequest, answer).await {
        let (status, _, body) = seen.whole();
        let body: Value = serde_json::from_slice(&body).expect("JSON");
        assert_eq!((status, &body["responseCode"]), (504, &json!("5044300")));
    }
}

/// Behaviour "fault.connection".
#[tokio::test]
async fn a_fault_of_a_connection_strikes_the_nth_one_whoever_connects() {
    let bench = Bench::new().await;
    bench.inject(Fault::new(At::BeforeAccept, Act::Reset).from_nth(2));

    let first = bench.send("out-1", "1").await;
    let second = bench.send("out-2", "2").await;
    let third = bench.send("out-2", "2").await;

    assert_eq!(first.json()["responseCode"], "2004300");
    assert!(matches!(second, Seen::Nothing), "{second:?}");
    assert_eq!(third.json()["responseCode"], "2004300");
}
