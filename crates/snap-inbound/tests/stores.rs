//! The store in memory.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

#[allow(
    dead_code,
    unreachable_pub,
    reason = "shared with the tests on PostgreSQL"
)]
mod conformance;
mod support;

use std::{collections::HashMap, sync::LazyLock, time::Duration};

use conformance::{KEEP, conforms, holder, is_duplicate, keys, now};
use proptest::prelude::*;
use snap_inbound::{Claimed, DeliveryKeys, MemoryStore, ReplayStore, Terms};
use support::NOW;

#[tokio::test]
async fn the_store_in_memory_keeps_its_promises() {
    conforms(&MemoryStore::new()).await;
}

#[tokio::test]
async fn what_is_older_than_it_is_kept_is_forgotten() {
    let store = MemoryStore::new();
    let keys = keys("{}", "1", NOW).await;
    let at = |after: Duration| Terms::new(now() + after, KEEP, Duration::from_secs(60));
    let claim = async |who, terms| store.claim(&keys, &holder(who), &terms).await.unwrap();
    assert_eq!(claim(1, at(Duration::ZERO)).await, Claimed::New);
    assert!(store.confirm(&keys, &holder(1)).await.unwrap());

    assert!(is_duplicate(
        claim(2, at(KEEP - Duration::from_secs(1))).await
    ));
    assert_eq!(
        claim(2, at(KEEP + Duration::from_secs(3600))).await,
        Claimed::New
    );
}

/// What the trait says, said once more with the plainest of means.
#[derive(Default)]
struct Model {
    claims: Vec<(u8, bool, bool, u64)>, // holder, conflict, confirmed, lease until
    replay: HashMap<Vec<u8>, usize>,
    delivery: HashMap<Vec<u8>, (usize, String)>,
}

impl Model {
    fn claim(&mut self, keys: &DeliveryKeys, who: u8, time: u64, lease: u64) -> Claimed {
        let replay = keys.replay().as_bytes().to_vec();
        let delivery = keys.delivery().as_bytes().to_vec();
        if !self.replay.contains_key(&replay) {
            match self.delivery.get(&delivery) {
                Some((number, digest)) if digest == keys.body_digest() => {
                    self.replay.insert(replay.clone(), *number);
                }
                known => {
                    let conflict = known.is_some();
                    self.claims.push((who, conflict, false, time + lease));
                    let number = self.claims.len() - 1;
                    self.replay.insert(replay, number);
                    let digest = keys.body_digest().to_owned();
                    self.delivery.entry(delivery).or_insert((number, digest));
                    return if conflict {
                        Claimed::ConflictDifferentBody
                    } else {
                        Claimed::New
                    };
                }
            }
        }
        let claim = &mut self.claims[self.replay[&replay]];
        match claim {
            (_, _, true, _) => Claimed::DuplicateSame { first_seen: now() },
            (_, _, _, until) if time < *until => Claimed::Pending,
            (holder, conflict, _, until) => {
                *holder = who;
                *until = time + lease;
                if *conflict {
                    Claimed::ConflictDifferentBody
                } else {
                    Claimed::New
                }
            }
        }
    }

    fn confirm(&mut self, keys: &DeliveryKeys, who: u8) -> bool {
        let number = self.replay.get(keys.replay().as_bytes().as_slice());
        let claim = number.map(|number| &mut self.claims[*number]);
        match claim {
            Some((holder, _, confirmed, _)) if *holder == who => {
                *confirmed = true;
                true
            }
            _ => false,
        }
    }
}

/// Two bodies, two external ids, three moments of two days.
static ALL: LazyLock<Vec<DeliveryKeys>> = LazyLock::new(|| {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    let all = async {
        let mut all = Vec::new();
        for body in ["{}", r#"{"a":1}"#] {
            for external_id in ["1", "2"] {
                for at in [NOW, NOW + 60, NOW + 24 * 3600] {
                    all.push(keys(body, external_id, at).await);
                }
            }
        }
        all
    };
    std::thread::spawn(move || runtime.block_on(all))
        .join()
        .unwrap()
});

/// Two answers, but for the moment of a first delivery.
fn same(one: Claimed, other: Claimed) -> bool {
    one == other || (is_duplicate(one) && is_duplicate(other))
}

proptest! {
    #[test]
    fn any_sequence_of_claims_goes_as_the_trait_says(
        steps in prop::collection::vec((0..12_usize, 0..4_u8, 0..3_u64, any::<bool>()), 1..60),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            let (store, mut model, mut time) = (MemoryStore::new(), Model::default(), 0);
            for (which, who, wait, confirms) in steps {
                let keys = &ALL[which];
                time += wait;
                if confirms {
                    let confirmed = store.confirm(keys, &holder(who)).await.unwrap();
                    prop_assert_eq!(confirmed, model.confirm(keys, who));
                } else {
                    let lease = Duration::from_secs(2);
                    let terms = Terms::new(now() + Duration::from_secs(time), KEEP, lease);
                    let claimed = store.claim(keys, &holder(who), &terms).await.unwrap();
                    let expected = model.claim(keys, who, time, 2);
                    prop_assert!(same(claimed, expected), "{claimed:?} {expected:?}");
                }
            }
            Ok(())
        })?;
    }
}
