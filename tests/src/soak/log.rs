use tracing_subscriber::{
    filter::{LevelFilter, Targets},
    layer::SubscriberExt,
    util::SubscriberInitExt,
};

use crate::Captured;

/// Everything that the crates log from now on, at every level. Nothing is collected where the program
/// logs elsewhere.
pub(super) fn collect() -> Captured {
    let log = Captured::default();
    let ours = ["snap_core", "snap_resolve", "snap_sign", "snap_sandbox"];
    let ours = ours.map(|target| (target, LevelFilter::TRACE));
    let layer = tracing_subscriber::fmt::layer()
        .with_ansi(false)
        .with_writer(log.clone());
    let subscriber = tracing_subscriber::registry()
        .with(Targets::new().with_targets(ours))
        .with(layer);
    // A second run in one program logs to the first one's.
    let _ = subscriber.try_init();
    log
}
