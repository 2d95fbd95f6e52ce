use std::time::{Duration, SystemTime};

use futures_util::StreamExt;
use snap_core::{Clock, MoneyState, NotMovedProof};
use snap_resolve::{Outcome, Resolver, ResubmitError, Step};
use snap_sandbox::Claim;

use super::{Batch, Ended, claim, report::Report};

/// What is claimed of an operation in the end.
pub(super) type Claims = Vec<(String, Claim)>;

/// Resolves what is open, on the schedule, with a status endpoint that works; sends again what DOKU
/// does not know, or closes it.
pub(super) async fn resolve_all(batch: &Batch, ended: Vec<Ended>, report: &mut Report) -> Claims {
    let (open, closed): (Vec<Ended>, Vec<Ended>) =
        ended.into_iter().partition(|one| one.resolver.is_some());
    let mut claims: Claims = closed.iter().map(claimed).collect();
    let mut open: Vec<(Ended, Resolver)> = open
        .into_iter()
        .filter_map(|mut one| one.resolver.take().map(|resolver| (one, resolver)))
        .collect();
    report.open += open.len() as u64;
    for round in 0..ROUNDS {
        let Some(moment) = next_moment(&open) else {
            break;
        };
        batch.clock.advance_to(moment);
        if round > HURRY_FROM {
            // A day later: what an operator does who looks in the morning.
            batch.clock.advance_to(batch.clock.now() + A_DAY);
            open.iter_mut()
                .for_each(|(_, resolver)| resolver.notified());
        }
        open = step_all(batch, open, &mut claims, report).await;
    }
    report.unresolved += open.len() as u64;
    claims.extend(
        open.into_iter()
            .map(|(one, resolver)| (one.reference, claim(resolver.state()))),
    );
    claims
}

async fn step_all(
    batch: &Batch,
    open: Vec<(Ended, Resolver)>,
    claims: &mut Claims,
    report: &mut Report,
) -> Vec<(Ended, Resolver)> {
    let outcomes = &batch.shop.outcomes;
    let steps = open.into_iter().map(|(one, mut resolver)| async move {
        let step = outcomes.step(&mut resolver).await;
        (one, resolver, step)
    });
    let steps: Vec<_> = futures_util::stream::iter(steps)
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;
    let mut still_open = Vec::new();
    for (one, resolver, step) in steps {
        match step {
            Step::Final(state) => claims.push((one.reference, claim(&state))),
            Step::NotFound(proof) => {
                report.not_found += 1;
                let closes = one.reference.ends_with(['0', '5']);
                if closes {
                    let _ = outcomes.close(proof).await;
                    claims.push((one.reference, claim(&CLOSED)));
                    continue;
                }
                match one.flow.resubmit(&batch.shop, &one.reference, proof).await {
                    Ok(sent) => {
                        report.resubmitted += 1;
                        match sent.resolver {
                            Some(resolver) => still_open.push((one, resolver)),
                            None => claims.push((one.reference, claim(&sent.state))),
                        }
                    }
                    Err(ResubmitError::Call(error)) if error.resolver().is_some() => {
                        still_open.extend(error.resolver().map(|resolver| (one, resolver)));
                    }
                    Err(error) => {
                        report.failed_again(&one, &error);
                        claims.push((one.reference, Claim::Unknown));
                    }
                }
            }
            Step::ManualReview(review) => {
                report.review(&one, review);
                claims.push((one.reference, Claim::Unknown));
            }
            _ => still_open.push((one, resolver)),
        }
    }
    still_open
}

fn claimed(one: &Ended) -> (String, Claim) {
    (one.reference.clone(), claim(&one.state))
}

fn next_moment(open: &[(Ended, Resolver)]) -> Option<SystemTime> {
    open.iter().filter_map(|(_, resolver)| resolver.due()).max()
}

const CLOSED: MoneyState = MoneyState::NotMoved(NotMovedProof::NotFoundAfterHorizon);
const A_DAY: Duration = Duration::from_secs(25 * 60 * 60);
/// The moments of the first hour are kept; what is open then is asked about a day later.
const HURRY_FROM: usize = 7;
const ROUNDS: usize = 20;
const AT_ONCE: usize = 48;
