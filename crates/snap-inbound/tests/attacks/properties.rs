//! What holds for messages of any kind.

use bytes::Bytes;
use proptest::prelude::*;
use snap_inbound::DebitNotification;

use crate::mail::{BODY, CLIENT, Mail, Merchant, id};

fn merchant() -> Merchant {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build();
    runtime.unwrap().block_on(Merchant::new())
}

fn is_accepted(merchant: &Merchant, mail: &Mail) -> bool {
    let Some(request) = mail.request() else {
        return false;
    };
    let checked = merchant
        .receiver
        .check_signature::<DebitNotification>(&request, &id(CLIENT));
    checked.is_ok()
}

thread_local! {
    static MERCHANT: Merchant = merchant();
}

proptest! {
    #[test]
    fn one_changed_byte_of_anything_signed_is_refused(
        which in 0..4_usize,
        place in any::<prop::sample::Index>(),
        bit in 0..7_u32,
    ) {
        MERCHANT.with(|merchant| {
            let mut mail = merchant.mail();
            let name = ["X-TIMESTAMP", "X-SIGNATURE", "Authorization", "X-PARTNER-ID"][which];
            let mut value = mail.get(name).into_bytes();
            let place = place.index(value.len());
            value[place] ^= 1 << bit;
            // The scheme may be written in any case.
            let same_scheme = which == 2 && place < 6 && bit == 5;
            mail.set(name, value);
            prop_assert_eq!(is_accepted(merchant, &mail), same_scheme);
            Ok(())
        })?;
    }

    #[test]
    fn whitespace_between_tokens_changes_nothing(spaces in prop::collection::vec("[ \t\r\n]{0,3}", 1..40)) {
        MERCHANT.with(|merchant| {
            let mut mail = merchant.mail();
            let mut spaces = spaces.iter().cycle();
            let mut inside = false;
            let mut body = String::new();
            for letter in BODY.chars() {
                inside ^= letter == '"';
                body.push(letter);
                if !inside && matches!(letter, '{' | '}' | ':' | ',') {
                    body += spaces.next().unwrap();
                }
            }
            mail.body = body.into_bytes();
            prop_assert!(is_accepted(merchant, &mail));
            Ok(())
        })?;
    }

    #[test]
    fn no_bytes_make_it_panic_or_are_accepted(
        headers in prop::collection::vec(
            (
                prop::sample::select(vec![
                    "x-timestamp", "x-signature", "x-partner-id", "x-external-id", "authorization",
                    "content-type", "content-encoding", "x-client-key",
                ]),
                prop::collection::vec(any::<u8>(), 0..60),
            ),
            0..8,
        ),
        body in prop::collection::vec(any::<u8>(), 0..200),
        keep in any::<bool>(),
    ) {
        MERCHANT.with(|merchant| {
            let mut mail = merchant.mail();
            if !keep {
                mail.headers.clear();
            }
            let changed = !keep || !headers.is_empty();
            for (name, value) in &headers {
                mail.headers.push(((*name).to_owned(), value.clone()));
            }
            mail.body.clone_from(&body);
            prop_assert!(!is_accepted(merchant, &mail));
            if changed && let Some(request) = mail.request() {
                let request = request.map(|_| Bytes::from_static(BODY.as_bytes()));
                let _ = merchant.receiver.check_signature::<DebitNotification>(&request, &id(CLIENT));
            }
            Ok(())
        })?;
    }
}
