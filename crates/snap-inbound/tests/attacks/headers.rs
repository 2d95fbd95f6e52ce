//! A1 to A10: headers.

use crate::mail::{Merchant, PATH};

#[tokio::test]
async fn the_unchanged_message_is_accepted() {
    let merchant = Merchant::new().await;

    assert_eq!(merchant.after(|_| {}).await, "accepted");
}

#[tokio::test]
async fn a1_a_missing_or_empty_signature() {
    let merchant = Merchant::new().await;

    let missing = merchant.after(|mail| mail.remove("X-SIGNATURE")).await;
    merchant.refused_as(&missing, "4005602", "missing");
    let empty = merchant.after(|mail| mail.set("X-SIGNATURE", "")).await;
    merchant.refused_as(&empty, "4005602", "empty");
}

#[tokio::test]
async fn a2_a3_two_signatures_whichever_is_valid() {
    let merchant = Merchant::new().await;
    let valid = merchant.mail().signature();
    let other = "A".repeat(86) + "==";

    for (first, second) in [(&valid, &other), (&other, &valid), (&valid, &valid)] {
        let verdict = merchant.after(|mail| {
            mail.set("X-SIGNATURE", first);
            mail.add("X-SIGNATURE", second);
        });
        merchant.refused_as(&verdict.await, "4005602", "two signatures");
    }
}

/// A3 is the second half of A2.
#[tokio::test]
async fn a3_every_other_required_header_twice() {
    let merchant = Merchant::new().await;
    for name in [
        "X-TIMESTAMP",
        "X-PARTNER-ID",
        "X-EXTERNAL-ID",
        "Authorization",
    ] {
        let verdict = merchant.after(|mail| {
            let value = mail.get(name);
            mail.add(name, value);
        });
        merchant.refused_as(&verdict.await, "4005602", name);
    }
}

#[tokio::test]
async fn a4_signatures_joined_by_a_comma() {
    let merchant = Merchant::new().await;
    let verdict = merchant.after(|mail| {
        let joined = format!("{0},{0}", mail.signature());
        mail.set("X-SIGNATURE", joined);
    });

    merchant.refused_as(&verdict.await, "4015600", "joined");
}

#[tokio::test]
async fn a5_space_around_a_signed_header() {
    let merchant = Merchant::new().await;
    for name in [
        "X-SIGNATURE",
        "X-TIMESTAMP",
        "X-PARTNER-ID",
        "Authorization",
    ] {
        for (before, after) in [(" ", ""), ("", " "), ("\t", ""), ("", "\t")] {
            let verdict = merchant.after(|mail| {
                let padded = format!("{before}{}{after}", mail.get(name));
                mail.set(name, padded);
                // Whoever signs may sign the padded text.
                if name == "X-TIMESTAMP" {
                    mail.sign();
                }
            });
            merchant.refused_as(&verdict.await, "4005602", name);
        }
    }
}

#[tokio::test]
async fn a6_bytes_beyond_ascii() {
    let merchant = Merchant::new().await;
    for name in ["X-TIMESTAMP", "X-PARTNER-ID", "X-EXTERNAL-ID"] {
        for bytes in [&b"\xc3\xa9"[..], b"\xff", "\u{ff11}".as_bytes()] {
            let verdict = merchant.after(|mail| {
                let value = [mail.get(name).as_bytes(), bytes].concat();
                mail.set(name, value);
            });
            merchant.refused_as(&verdict.await, "4005602", name);
        }
    }
}

#[tokio::test]
async fn a7_line_ends_and_nul() {
    let merchant = Merchant::new().await;
    for name in [
        "X-SIGNATURE",
        "X-TIMESTAMP",
        "X-PARTNER-ID",
        "X-EXTERNAL-ID",
        "Authorization",
    ] {
        for end in ["\r", "\n", "\0", "\r\nX-EXTERNAL-ID: 2"] {
            let verdict = merchant.after(|mail| {
                let value = mail.get(name) + end;
                mail.set(name, value);
            });
            merchant.refused_as(&verdict.await, "cannot be sent", name);
        }
    }
}

#[tokio::test]
async fn a8_external_ids_that_are_none_and_the_relaxation_for_letters() {
    let merchant = Merchant::new().await;
    let uuid = "8c1d2f3a-0000-4000-8000-000000000000";
    for id in ["", "1".repeat(37).as_str(), "abc", uuid, "1 2"] {
        let verdict = merchant.after(|mail| mail.set("X-EXTERNAL-ID", id)).await;
        merchant.refused_as(&verdict, "4005602", id);
    }
    let longest = "1".repeat(36);
    let verdict = merchant
        .after(|mail| mail.set("X-EXTERNAL-ID", longest))
        .await;
    assert_eq!(verdict, "accepted");

    let relaxed = Merchant::with(|builder| builder.accept_external_ids_with_letters()).await;
    let verdict = relaxed.after(|mail| mail.set("X-EXTERNAL-ID", uuid)).await;
    assert_eq!(verdict, "accepted");
    let verdict = relaxed
        .after(|mail| mail.set("X-EXTERNAL-ID", "a".repeat(37)))
        .await;
    assert_eq!(verdict, "4005602");
}

#[tokio::test]
async fn a9_another_client_id_with_a_valid_signature() {
    let merchant = Merchant::new().await;
    for client in ["BRN-9999-0000000000000", "BRN-unknown", "a|b"] {
        let verdict = merchant
            .after(|mail| mail.set("X-PARTNER-ID", client))
            .await;
        merchant.refused_as(&verdict, "4015600", client);
    }
}

#[tokio::test]
async fn a10_too_many_headers_or_a_large_one_before_anything_is_looked_up() {
    let merchant = Merchant::new().await;
    let many = merchant.after(|mail| {
        for number in 0..200 {
            mail.add(&format!("X-Filler-{number}"), "x");
        }
    });
    merchant.refused_as(&many.await, "4315600", "200 headers");
    let large = merchant.after(|mail| mail.add("X-Filler", "x".repeat(64 * 1024)));
    merchant.refused_as(&large.await, "4315600", "64 KiB");
    assert_eq!(PATH, "/doku/notify");
}
