//! Values from a seed: the same seed gives the same values in every version of this crate.

use ring::hmac;

/// An endless stream of bytes: HMAC-SHA256 of a counter under the seed.
///
/// A general random number generator would be shorter, but none promises the same numbers after
/// an update, and a fixed seed of the binary is written into other people's configuration.
pub(crate) struct Stream {
    key: hmac::Key,
    counter: u64,
    rest: Vec<u8>,
}

impl Stream {
    pub(crate) fn new(seed: u64) -> Self {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &seed.to_le_bytes());
        Self {
            key,
            counter: 0,
            rest: Vec::new(),
        }
    }

    /// A stream of its own for one purpose: what it gives depends on no other.
    pub(crate) fn named(seed: u64, name: &str) -> Self {
        let key = [&seed.to_le_bytes(), name.as_bytes()].concat();
        Self {
            key: hmac::Key::new(hmac::HMAC_SHA256, &key),
            counter: 0,
            rest: Vec::new(),
        }
    }

    /// A number below this limit; 0 if that is 0.
    pub(crate) fn below(&mut self, limit: u32) -> u32 {
        let bytes = self.bytes(4).into_iter();
        let drawn = bytes.fold(0, |number: u64, byte| number << 8 | u64::from(byte));
        // The drawn number as a fraction of 2^32, times the limit: less than the limit.
        u32::try_from((drawn * u64::from(limit)) >> 32).unwrap_or_default()
    }

    pub(crate) fn bytes(&mut self, count: usize) -> Vec<u8> {
        while self.rest.len() < count {
            let block = hmac::sign(&self.key, &self.counter.to_le_bytes());
            self.rest.extend_from_slice(block.as_ref());
            self.counter += 1;
        }
        self.rest.drain(..count).collect()
    }

    pub(crate) fn digits(&mut self, count: usize) -> String {
        self.text(count, b"0123456789")
    }

    pub(crate) fn hex(&mut self, count: usize) -> String {
        self.text(count, b"0123456789abcdef")
    }

    pub(crate) fn alphanumeric(&mut self, count: usize) -> String {
        self.text(
            count,
            b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
        )
    }

    /// The slight preference for the first letters does not matter: these are test credentials.
    fn text(&mut self, count: usize, alphabet: &[u8]) -> String {
        let letter = |byte: u8| char::from(alphabet[usize::from(byte) % alphabet.len()]);
        self.bytes(count).into_iter().map(letter).collect()
    }
}

/// A seed from the operating system.
pub(crate) fn random() -> std::io::Result<u64> {
    let bytes = ring::rand::generate::<[u8; 8]>(&ring::rand::SystemRandom::new())
        .map_err(|_| std::io::Error::other("the system gives no random bytes"))?;
    Ok(u64::from_le_bytes(bytes.expose()))
}
