use std::fmt;

use tokio::sync::watch;

/// Tells whoever waits for a slot that it was written to; see [`super::TokenStore::changes`].
///
/// Only a hint: whoever waits looks now and then without it.
pub struct Changes(Option<watch::Receiver<()>>);

/// The other end of [`Changes`]: a store rings it when a slot was written to.
pub struct Bell(watch::Sender<()>);

impl Changes {
    /// Of a store that cannot tell.
    #[must_use]
    pub fn never() -> Self {
        Self(None)
    }

    /// Whether there was a change since the last one that was told, without waiting for one.
    #[must_use]
    pub fn is_rung(&self) -> bool {
        let rung = self.0.as_ref().map(watch::Receiver::has_changed);
        matches!(rung, Some(Ok(true)))
    }

    /// What has changed so far counts as told.
    pub fn hush(&mut self) {
        if let Some(rung) = &mut self.0 {
            rung.mark_unchanged();
        }
    }

    /// Waits for a change since the last one that was told, or since this was made.
    pub async fn next(&mut self) {
        if let Some(rung) = &mut self.0
            && rung.changed().await.is_ok()
        {
            return;
        }
        self.0 = None;
        std::future::pending().await
    }
}

impl Bell {
    /// A bell that nobody hears yet.
    #[must_use]
    pub fn new() -> Self {
        Self(watch::Sender::new(()))
    }

    /// Somebody who hears it from now on.
    #[must_use]
    pub fn listen(&self) -> Changes {
        Changes(Some(self.0.subscribe()))
    }

    /// The slot was written to.
    pub fn ring(&self) {
        self.0.send_replace(());
    }

    /// Waits until nobody listens any more.
    pub async fn unheard(&self) {
        self.0.closed().await;
    }

    /// Whether nobody listens.
    #[must_use]
    pub fn is_unheard(&self) -> bool {
        self.0.is_closed()
    }
}

impl Default for Bell {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Changes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Changes")
    }
}

impl fmt::Debug for Bell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Bell")
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    async fn is_told(changes: &mut Changes) -> bool {
        let limit = tokio::time::timeout(Duration::from_secs(1), changes.next());
        limit.await.is_ok()
    }

    #[tokio::test(start_paused = true)]
    async fn a_ring_is_told_once_to_everybody_who_listened_before_it() {
        let bell = Bell::new();
        let (mut one, mut other) = (bell.listen(), bell.listen());

        bell.ring();
        assert!(one.is_rung());

        let mut late = bell.listen();
        assert!(is_told(&mut one).await && is_told(&mut other).await);
        assert!(!is_told(&mut one).await && !is_told(&mut late).await);
        bell.ring();
        one.hush();
        assert!(!one.is_rung());
    }

    #[tokio::test(start_paused = true)]
    async fn a_bell_knows_whether_it_is_heard_and_a_broken_one_stays_silent() {
        let bell = Bell::new();
        assert!(bell.is_unheard());
        let mut changes = bell.listen();
        assert!(!bell.is_unheard());

        drop(bell);

        assert!(!is_told(&mut changes).await);
        assert!(!is_told(&mut Changes::never()).await);
    }
}
