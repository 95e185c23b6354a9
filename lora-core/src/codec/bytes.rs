//! Integers and texts in bytes, and back without trusting them.

use uuid::Uuid;

/// Bytes that are not what a codec of this version writes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("at byte {at}: expected {expected}")]
pub struct DecodeError {
    /// How many bytes were read before.
    pub at: usize,
    /// What should have stood there.
    pub expected: &'static str,
}

pub(super) fn put_uint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Small numbers of either sign in few bytes: 0, -1, 1, -2 … become 0, 1, 2, 3 …
pub(super) fn put_int(out: &mut Vec<u8>, value: i64) {
    put_uint(out, ((value << 1) ^ (value >> 63)) as u64);
}

pub(super) fn put_text(out: &mut Vec<u8>, text: &str) {
    put_uint(out, text.len() as u64);
    out.extend_from_slice(text.as_bytes());
}

/// Reads what the functions above wrote.
pub(super) struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    pub(super) const fn error(&self, expected: &'static str) -> DecodeError {
        DecodeError { at: self.at, expected }
    }

    pub(super) fn end(&self) -> Result<(), DecodeError> {
        if self.at == self.bytes.len() { Ok(()) } else { Err(self.error("nothing more")) }
    }

    pub(super) fn take(&mut self, count: usize, expected: &'static str) -> Result<&'a [u8], DecodeError> {
        let rest = &self.bytes[self.at..];
        let taken = rest.get(..count).ok_or_else(|| self.error(expected))?;
        self.at += count;
        Ok(taken)
    }

    pub(super) fn byte(&mut self) -> Result<u8, DecodeError> {
        Ok(self.take(1, "a byte")?[0])
    }

    pub(super) fn uint(&mut self) -> Result<u64, DecodeError> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            if bits << shift >> shift != bits {
                return Err(self.error("a number below 2^64"));
            }
            value |= bits << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(self.error("the last byte of a number"))
    }

    pub(super) fn int(&mut self) -> Result<i64, DecodeError> {
        let value = self.uint()?;
        Ok((value >> 1) as i64 ^ -((value & 1) as i64))
    }

    /// A count of things that take at least one byte each, so that no count makes us reserve more than there is.
    pub(super) fn count(&mut self) -> Result<usize, DecodeError> {
        let left = self.bytes.len() - self.at;
        let count = usize::try_from(self.uint()?).ok().filter(|count| *count <= left);
        count.ok_or_else(|| self.error("a count of what follows"))
    }

    pub(super) fn text(&mut self) -> Result<&'a str, DecodeError> {
        let length = self.count()?;
        let bytes = self.take(length, "a text")?;
        std::str::from_utf8(bytes).map_err(|_| self.error("UTF-8"))
    }

    pub(super) fn uuid(&mut self) -> Result<Uuid, DecodeError> {
        let bytes = self.take(16, "a UUID")?;
        Uuid::from_slice(bytes).map_err(|_| self.error("a UUID"))
    }

    pub(super) fn u16(&mut self) -> Result<u16, DecodeError> {
        u16::try_from(self.uint()?).map_err(|_| self.error("a number below 65,536"))
    }

    pub(super) fn u32(&mut self) -> Result<u32, DecodeError> {
        u32::try_from(self.uint()?).map_err(|_| self.error("a number below 2^32"))
    }
}
