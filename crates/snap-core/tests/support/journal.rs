use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use snap_core::{Event, Intent, MoneyState, OperationId, RecordError, RecordFuture, Recorder};

/// What happened, in order, as both sides of a call write it down.
#[derive(Clone, Debug, Default)]
pub struct Diary(Arc<Mutex<Vec<&'static str>>>);

impl Diary {
    pub fn note(&self, entry: &'static str) {
        self.0.lock().unwrap().push(entry);
    }

    pub fn entries(&self) -> Vec<&'static str> {
        self.0.lock().unwrap().clone()
    }
}

/// A journal that takes, refuses or keeps waiting.
#[derive(Clone, Debug, Default)]
pub struct Journal {
    pub diary: Diary,
    /// Where the money of an earlier delivery is.
    pub earlier: Option<MoneyState>,
    /// When it is asked for that.
    pub on_earlier: Does,
    pub on_intent: Does,
    /// On the event before a replay.
    pub on_sending: Does,
    /// On the event with the outcome.
    pub on_outcome: Does,
    pub taken: Arc<Mutex<Taken>>,
}

/// What a journal does about one kind of entry.
#[derive(Clone, Debug, Default)]
pub enum Does {
    #[default]
    Take,
    TakeAfter(Duration),
    Fail,
    Hang,
    /// There is an earlier call whose money is there.
    Hold(MoneyState),
}

#[derive(Debug, Default)]
pub struct Taken {
    pub intents: Vec<Intent>,
    pub events: Vec<(OperationId, Event)>,
}

impl Journal {
    pub fn intents(&self) -> Vec<Intent> {
        self.taken.lock().unwrap().intents.clone()
    }

    /// The states that were written as outcomes.
    pub fn outcomes(&self) -> Vec<MoneyState> {
        let taken = self.taken.lock().unwrap();
        let state = |(_, event): &(OperationId, Event)| match event {
            Event::State { state, .. } => Some(state.clone()),
            _ => None,
        };
        taken.events.iter().filter_map(state).collect()
    }

    pub fn events(&self) -> Vec<(OperationId, Event)> {
        self.taken.lock().unwrap().events.clone()
    }

    async fn does(&self, what: &Does) -> Result<(), RecordError> {
        match what {
            Does::Take => {
                // A journal on a disk does not answer at once.
                tokio::task::yield_now().await;
                Ok(())
            }
            Does::TakeAfter(pause) => {
                tokio::time::sleep(*pause).await;
                Ok(())
            }
            Does::Fail => Err(RecordError::new("disk full\nat sector 7")),
            Does::Hang => std::future::pending().await,
            Does::Hold(state) => Err(RecordError::open(state.clone())),
        }
    }
}

impl Recorder for Journal {
    fn earlier<'a>(&'a self, _: &'a Intent) -> RecordFuture<'a, Option<MoneyState>> {
        Box::pin(async move {
            self.does(&self.on_earlier).await?;
            Ok(self.earlier.clone())
        })
    }

    fn intent<'a>(&'a self, intent: &'a Intent) -> RecordFuture<'a, ()> {
        Box::pin(async move {
            self.does(&self.on_intent).await?;
            self.diary.note("intent");
            self.taken.lock().unwrap().intents.push(intent.clone());
            Ok(())
        })
    }

    fn event<'a>(&'a self, id: &'a OperationId, event: &'a Event) -> RecordFuture<'a, ()> {
        Box::pin(async move {
            let (does, entry) = match event {
                Event::Sending { .. } => (&self.on_sending, "sending"),
                _ => (&self.on_outcome, "outcome"),
            };
            self.does(does).await?;
            self.diary.note(entry);
            let mut taken = self.taken.lock().unwrap();
            taken.events.push((id.clone(), event.clone()));
            Ok(())
        })
    }
}
