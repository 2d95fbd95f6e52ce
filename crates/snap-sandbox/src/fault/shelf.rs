//! The faults that wait for a request.

use super::{
    Fault, Faults, Stage,
    filter::{Filter, ONE},
};
use crate::{json::Json, seed::Stream};

/// Faults in the order they were injected.
pub(crate) struct Shelf {
    waiting: Vec<Waiting>,
    next_id: u64,
    /// Decides by chance: its own, so that faults change no token.
    stream: Stream,
}

/// What was injected, and what became of it.
struct Waiting {
    id: u64,
    waits: Waits,
    /// How often it is still played.
    left: u32,
    /// How many requests or connections it has fitted.
    arrivals: u32,
}

/// One fault, or any of many.
#[derive(Clone, Debug)]
pub(crate) enum Waits {
    One(Fault),
    Any(Faults),
}

/// A fault that was injected and waits; see [`Sandbox::faults`](crate::Sandbox::faults).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct WaitingFault {
    /// What [`Sandbox::inject`](crate::Sandbox::inject) gave.
    pub id: u64,
    /// The fault as JSON, in the words of the admin API.
    pub fault: String,
    /// How often it is still played.
    pub times_left: u32,
    /// How many requests it has fitted, struck or not; connections, if it strikes those.
    pub arrivals: u32,
}

/// What is known of a request when a fault is looked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked<'a> {
    /// The operations that it may be.
    pub(crate) operations: &'a [&'a str],
    pub(crate) path: &'a str,
    pub(crate) client: Option<&'a str>,
    pub(crate) reference: Option<&'a str>,
    pub(crate) external_id: Option<&'a str>,
}

impl Shelf {
    /// An empty one; the seed is the sandbox's.
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            waiting: Vec::new(),
            next_id: 1,
            stream: Stream::named(seed, "faults"),
        }
    }

    /// Adds what was checked before, and gives its id.
    pub(crate) fn add(&mut self, waits: Waits) -> u64 {
        let id = self.next_id;
        self.next_id += 1;
        self.waiting.push(Waiting {
            id,
            left: waits.times(),
            waits,
            arrivals: 0,
        });
        id
    }

    /// Takes one away; false if none has that id.
    pub(crate) fn remove(&mut self, id: u64) -> bool {
        let before = self.waiting.len();
        self.waiting.retain(|waiting| waiting.id != id);
        self.waiting.len() < before
    }

    pub(crate) fn clear(&mut self) {
        self.waiting.clear();
    }

    /// Can any fault strike at that stage? If not, asking for one would change nothing.
    pub(crate) fn waits_at(&self, stage: Stage) -> bool {
        self.waiting
            .iter()
            .any(|waiting| waiting.waits.strikes_at(stage))
    }

    /// The fault that strikes now: the first that fits, of those that fit, and whose turn it is.
    pub(crate) fn take(&mut self, stage: Stage, asked: Option<Asked<'_>>) -> Option<Fault> {
        let mut taken = None;
        for waiting in &mut self.waiting {
            if !waiting.waits.fits(stage, asked) {
                continue;
            }
            waiting.arrivals = waiting.arrivals.saturating_add(1);
            if taken.is_none() && waiting.arrivals >= waiting.waits.filter().nth {
                taken = waiting.waits.draw(stage, &mut self.stream);
                waiting.left -= u32::from(taken.is_some());
            }
        }
        self.waiting.retain(|waiting| waiting.left > 0);
        taken
    }

    pub(crate) fn waiting(&self) -> Vec<WaitingFault> {
        let waiting = self.waiting.iter();
        waiting
            .map(|waiting| WaitingFault {
                id: waiting.id,
                fault: waiting.waits.to_json().to_string(),
                times_left: waiting.left,
                arrivals: waiting.arrivals,
            })
            .collect()
    }

    /// The same for people: ids, and what happens to whom.
    pub(crate) fn in_words(&self) -> impl Iterator<Item = (u64, String)> {
        self.waiting.iter().map(|waiting| {
            let times = match (waiting.waits.is_endless(), waiting.left) {
                (true, _) => String::new(),
                (false, 1) => ", once".to_owned(),
                (false, left) => format!(", {left} times"),
            };
            (waiting.id, format!("{}{times}", waiting.waits.in_words()))
        })
    }

    /// The same as JSON: what was injected, with id and counts. What is played without end has no
    /// `timesLeft`.
    pub(crate) fn to_json(&self) -> Json {
        let all = self.waiting.iter().map(|waiting| {
            let mut counts = vec![
                ("id".to_owned(), Json::number(waiting.id)),
                ("arrivals".to_owned(), Json::number(waiting.arrivals)),
            ];
            let left = Json::number(waiting.left);
            let has_end = !waiting.waits.is_endless();
            counts.extend(has_end.then(|| ("timesLeft".to_owned(), left)));
            let fault = waiting.waits.to_json();
            Json::object(counts.into_iter().chain(fault.members().iter().cloned()))
        });
        Json::Array(all.collect())
    }
}

impl Waits {
    fn filter(&self) -> &Filter {
        match self {
            Self::One(fault) => &fault.filter,
            Self::Any(faults) => &faults.filter,
        }
    }

    fn times(&self) -> u32 {
        match self {
            Self::One(fault) => fault.times,
            Self::Any(faults) => faults.times,
        }
    }

    fn is_endless(&self) -> bool {
        matches!(self, Self::Any(faults) if faults.is_endless())
    }

    fn in_words(&self) -> String {
        let does = match self {
            Self::One(fault) => fault.label(),
            Self::Any(_) => "anything, by chance".to_owned(),
        };
        match self.to_json().member("match") {
            Some(wanted) => format!("{does}, where {wanted}"),
            None => does,
        }
    }

    fn strikes_at(&self, stage: Stage) -> bool {
        match self {
            Self::One(fault) => fault.at.stage() == stage,
            Self::Any(_) => true,
        }
    }

    /// A connection fits where nothing of a request is asked for.
    fn fits(&self, stage: Stage, asked: Option<Asked<'_>>) -> bool {
        let filter = self.filter();
        let of_request = match asked {
            Some(asked) => filter.fits(asked),
            None => !filter.names_a_request(),
        };
        self.strikes_at(stage) && of_request
    }

    fn draw(&self, stage: Stage, stream: &mut Stream) -> Option<Fault> {
        match self {
            Self::One(fault) => {
                let chance = fault.filter.probability.0;
                (chance == ONE || stream.below(ONE) < chance).then(|| fault.clone())
            }
            Self::Any(faults) => faults.draw(stage, stream),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::{Act, At};

    fn asked(reference: &str) -> Option<Asked<'_>> {
        Some(Asked {
            operations: &["kirimdoku.transferBank"],
            path: "/snap/v1.1/emoney/transfer-bank",
            client: Some("BRN-LOCAL-1"),
            reference: Some(reference),
            external_id: None,
        })
    }

    fn reset() -> Fault {
        Fault::new(At::AfterRequest, Act::Reset)
    }

    /// Which of so many requests are struck.
    fn struck(shelf: &mut Shelf, requests: u32) -> Vec<u32> {
        let mut struck = |_: &u32| shelf.take(Stage::Whole, asked("ord-1")).is_some();
        (1..=requests).filter(|number| struck(number)).collect()
    }

    #[test]
    fn a_fault_waits_for_its_turn_and_is_played_as_often_as_it_says() {
        let mut shelf = Shelf::new(1);
        shelf.add(Waits::One(reset().from_nth(3).times(2)));

        assert_eq!(struck(&mut shelf, 6), [3, 4]);
        assert!(!shelf.waits_at(Stage::Whole));
    }

    #[test]
    fn a_request_that_another_fault_strikes_is_counted_as_well() {
        let mut shelf = Shelf::new(1);
        shelf.add(Waits::One(reset().times(2)));
        shelf.add(Waits::One(reset().from_nth(4)));

        assert_eq!(struck(&mut shelf, 6), [1, 2, 4]);
    }

    #[test]
    fn chance_follows_the_seed() {
        let run = |seed| {
            let mut shelf = Shelf::new(seed);
            shelf.add(Waits::One(reset().with_probability(0.25).times(u32::MAX)));
            struck(&mut shelf, 4_000)
        };

        let (one, again, other) = (run(1), run(1), run(2));

        assert_eq!(one, again);
        assert_ne!(one, other);
        assert!((900..1_100).contains(&one.len()), "{}", one.len());
    }

    #[test]
    fn a_removed_fault_does_not_strike() {
        let mut shelf = Shelf::new(1);
        let first = shelf.add(Waits::One(reset().times(9)));
        let second = shelf.add(Waits::One(reset()));

        assert!(shelf.remove(first));
        assert!(!shelf.remove(first));
        assert_eq!(struck(&mut shelf, 3), [1]);
        assert!(!shelf.remove(second));
    }
}
