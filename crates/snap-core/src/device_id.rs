use std::fmt;

/// The value of `X-DEVICE-ID`: names the end user's device.
///
/// 1 to 64 visible ASCII characters. (64: official Java library; the standard allows 400. DOKU's
/// pages ask for no symbols, without saying which, so symbols are not refused here.)
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct DeviceId(String);

impl DeviceId {
    /// Takes an id of the caller's own.
    ///
    /// # Errors
    ///
    /// When it is empty, longer than 64, or holds a space, a control character or anything beyond
    /// ASCII.
    pub fn new(text: impl Into<String>) -> Result<Self, DeviceIdError> {
        let text = text.into();
        let fits = (1..=LONGEST).contains(&text.len());
        if fits && text.bytes().all(|byte| byte.is_ascii_graphic()) {
            Ok(Self(text))
        } else {
            Err(DeviceIdError)
        }
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The id follows a person around.
impl fmt::Debug for DeviceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DeviceId([redacted])")
    }
}

/// The text cannot be a device id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeviceIdError;

impl fmt::Display for DeviceIdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a device id has 1 to 64 visible ASCII characters and no spaces")
    }
}

impl std::error::Error for DeviceIdError {}

const LONGEST: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_to_64_visible_ascii_characters_are_a_device_id() {
        for text in ["a", "09864ADCASA", &"x".repeat(64), "a-b_c"] {
            assert_eq!(DeviceId::new(text).unwrap().as_str(), text);
        }
        for text in ["", " ", "a b", "a\r\nb", "é", &"x".repeat(65)] {
            assert_eq!(DeviceId::new(text), Err(DeviceIdError), "{text:?}");
        }
    }

    #[test]
    fn debug_of_a_device_id_hides_it() {
        let printed = format!("{:?}", DeviceId::new("canary").unwrap());

        assert!(!printed.contains("canary"), "{printed}");
    }
}
