//! One line of the file: a CRC-32, a space, JSON, a line feed.

use std::io;

use super::Entry;

/// A line that holds these entries.
pub(super) fn frame(entries: &[&Entry]) -> io::Result<Vec<u8>> {
    let json = match entries {
        [entry] => serde_json::to_vec(entry)?,
        several => serde_json::to_vec(several)?,
    };
    let mut line = format!("{:08x} ", crc32fast::hash(&json)).into_bytes();
    line.extend_from_slice(&json);
    line.push(b'\n');
    Ok(line)
}

/// The JSON of a line, or what is wrong with it.
pub(super) fn unframe(line: &[u8]) -> Result<&[u8], &'static str> {
    let whole = line.strip_suffix(b"\n").ok_or("it is incomplete")?;
    let (crc, json) = whole.split_at_checked(9).ok_or("it is too short")?;
    let crc = str::from_utf8(crc).ok().and_then(|crc| {
        let digits = crc.strip_suffix(' ')?;
        let plain = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        plain.then(|| u32::from_str_radix(digits, 16).ok())?
    });
    match crc {
        None => Err("it does not begin with a CRC"),
        Some(crc) if crc != crc32fast::hash(json) => Err("it does not fit its CRC"),
        Some(_) => Ok(json),
    }
}

/// The entries in the JSON of a line.
pub(super) fn entries(json: &[u8]) -> serde_json::Result<Vec<Entry>> {
    match json.first() {
        Some(b'[') => serde_json::from_slice(json),
        _ => serde_json::from_slice(json).map(|entry| vec![entry]),
    }
}
