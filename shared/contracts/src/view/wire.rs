//! The wire format of protobuf (<https://protobuf.dev/programming-guides/encoding/>), as far as views read it.

use std::{array, fmt, str};

use bytes::Bytes;
use prost::encoding::{DecodeContext, WireType, decode_key, decode_varint, skip_field};
use prost_types::Timestamp;

use super::Str;

/// So deep messages may stand in one another.
const MAX_DEPTH: usize = 100;

/// Bytes that are no message of their kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Malformed;

impl fmt::Display for Malformed {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a malformed message")
    }
}

impl std::error::Error for Malformed {}

impl From<prost::DecodeError> for Malformed {
    fn from(_: prost::DecodeError) -> Self {
        Self
    }
}

/// A field of a message.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// What it holds.
    pub kind: Kind,
    /// The other fields of its oneof, by their bits: of these the last one that is written holds.
    pub excludes: u64,
}

/// What a field holds.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// What is not read in place.
    Unread,
    /// A number, a truth value, a value of an enumeration: a varint.
    Number,
    /// A text.
    Text,
    /// Bytes, into which nobody looks.
    Bytes,
    /// A message of these fields.
    Message(&'static [Field]),
    /// Texts.
    Texts,
    /// Messages of these fields.
    Messages(&'static [Field]),
}

impl Field {
    /// A number that no field has, or one of a type that is not read in place.
    pub const UNREAD: Self = Self { kind: Kind::Unread, excludes: 0 };
}

/// Where a field stands in the bytes of its message: its value; from the first to the last where there are several. At 0, where the
/// field's tag would stand, where it isn't.
#[derive(Debug, Clone, Copy, Default)]
struct Place {
    begin: u32,
    end: u32,
}

/// Where the fields of a message stand in its bytes.
#[derive(Debug, Clone, Copy)]
pub struct Index<B, const N: usize> {
    bytes: B,
    places: [Place; N],
}

impl<B: AsRef<[u8]>, const N: usize> Index<B, N> {
    /// Finds the fields in bytes that were checked; what comes after a fault in others is not found.
    #[must_use]
    pub fn of(bytes: B, fields: &[Field]) -> Self {
        let mut places = [Place::default(); N];
        let _ = walk(bytes.as_ref(), fields, |found| {
            let Some(place) = places.get_mut(found.slot) else { return Ok(()) };
            let end = u32::try_from(found.begin + found.value.len()).map_err(|_| Malformed)?;
            match found.field.kind {
                Kind::Texts | Kind::Messages(_) if place.begin > 0 => place.end = end,
                // A repeated field is read from a tag on, which may be the message's first byte: one is added.
                Kind::Texts | Kind::Messages(_) => *place = Place { begin: u32::try_from(found.tag + 1).map_err(|_| Malformed)?, end },
                _ => *place = Place { begin: u32::try_from(found.begin).map_err(|_| Malformed)?, end },
            }
            let excludes = found.field.excludes;
            if excludes > 0 {
                places
                    .iter_mut()
                    .enumerate()
                    .filter(|(slot, _)| excludes & (1 << slot) != 0)
                    .for_each(|(_, place)| *place = Place::default());
            }
            Ok(())
        });
        Self { bytes, places }
    }

    fn value(&self, slot: usize) -> Option<&[u8]> {
        let place = self.places.get(slot).filter(|place| place.begin > 0)?;
        self.bytes.as_ref().get(place.begin as usize..place.end as usize)
    }

    /// A number; 0 where there is none.
    #[must_use]
    pub fn number(&self, slot: usize) -> u64 {
        self.optional_number(slot).unwrap_or_default()
    }

    /// A number.
    #[must_use]
    pub fn optional_number(&self, slot: usize) -> Option<u64> {
        varint(&mut self.value(slot)?).ok()
    }

    /// A text; empty where there is none.
    #[must_use]
    pub fn text(&self, slot: usize) -> Str<'_> {
        self.optional_text(slot).unwrap_or_default()
    }

    /// A text.
    #[must_use]
    pub fn optional_text(&self, slot: usize) -> Option<Str<'_>> {
        self.value(slot).map(Str::of)
    }

    /// A message.
    #[must_use]
    pub fn message(&self, slot: usize) -> Option<&[u8]> {
        self.value(slot)
    }

    /// Texts.
    #[must_use]
    pub fn texts(&self, slot: usize) -> Texts<'_> {
        Texts(self.messages(slot))
    }

    /// Messages.
    #[must_use]
    pub fn messages(&self, slot: usize) -> Elements<'_> {
        let place = self.places.get(slot).copied().unwrap_or_default();
        let begin = (place.begin as usize).saturating_sub(1);
        Elements { slot, rest: self.bytes.as_ref().get(begin..place.end as usize).unwrap_or_default() }
    }
}

impl<B, const N: usize> Index<B, N> {
    /// The message's bytes.
    pub fn bytes(&self) -> &B {
        &self.bytes
    }

    /// The same message in the same bytes, held by `hold`.
    pub fn held<C>(self, hold: impl FnOnce(B) -> C) -> Index<C, N> {
        Index { bytes: hold(self.bytes), places: self.places }
    }
}

/// The elements of a repeated field.
#[derive(Debug, Clone)]
pub struct Elements<'a> {
    slot: usize,
    rest: &'a [u8],
}

impl<'a> Iterator for Elements<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        while !self.rest.is_empty() {
            let (number, wire) = key(&mut self.rest).ok()?;
            if slot_of(number) == self.slot && wire == WireType::LengthDelimited {
                return delimited(&mut self.rest).ok();
            }
            skip_field(wire, number, &mut self.rest, DecodeContext::default()).ok()?;
        }
        None
    }
}

/// The elements of a repeated field of texts.
#[derive(Debug, Clone)]
pub struct Texts<'a>(Elements<'a>);

impl Texts<'_> {
    /// The same texts, which keep the bytes that they are a part of.
    ///
    /// # Panics
    /// Where they are no part of them.
    #[must_use]
    pub fn within(&self, whole: &Bytes) -> HeldTexts {
        HeldTexts { slot: self.0.slot, bytes: whole.slice_ref(self.0.rest) }
    }
}

/// Texts with the bytes in which they stand.
#[derive(Debug, Clone, Default)]
pub struct HeldTexts {
    slot: usize,
    bytes: Bytes,
}

impl HeldTexts {
    /// The texts.
    #[must_use]
    pub fn iter(&self) -> Texts<'_> {
        Texts(Elements { slot: self.slot, rest: &self.bytes })
    }

    /// The same, which keeps no more memory than it needs.
    #[must_use]
    pub fn compact(&self) -> Self {
        Self { slot: self.slot, bytes: Bytes::copy_from_slice(&self.bytes) }
    }
}

impl<'a> Iterator for Texts<'a> {
    type Item = Str<'a>;

    fn next(&mut self) -> Option<Str<'a>> {
        self.0.next().map(Str::of)
    }
}

/// The fields of `google.protobuf.Timestamp`.
pub const TIMESTAMP: &[Field] = &[Field { kind: Kind::Number, excludes: 0 }; 2];

/// The moment in a `google.protobuf.Timestamp`.
#[must_use]
#[expect(clippy::cast_possible_wrap, clippy::cast_possible_truncation, reason = "varints hold the bits of signed numbers")]
pub fn timestamp(bytes: &[u8]) -> Timestamp {
    let index: Index<&[u8], 2> = Index::of(bytes, TIMESTAMP);
    let [seconds, nanos] = array::from_fn(|slot| index.number(slot));
    Timestamp { seconds: seconds as i64, nanos: nanos as i32 }
}

/// Whether the bytes are a message of these fields.
///
/// # Errors
/// [`Malformed`] where it, or a message in it, is none.
pub fn check(bytes: &[u8], fields: &[Field]) -> Result<(), Malformed> {
    check_within(bytes, fields, MAX_DEPTH)
}

fn check_within(bytes: &[u8], fields: &[Field], depth: usize) -> Result<(), Malformed> {
    let depth = depth.checked_sub(1).ok_or(Malformed)?;
    let mut seen = 0;
    walk(bytes, fields, |found| {
        let value = found.value;
        seen &= !found.field.excludes;
        match found.field.kind {
            Kind::Text | Kind::Texts if is_ascii(value) => Ok(()),
            Kind::Text | Kind::Texts => str::from_utf8(value).map(drop).map_err(|_| Malformed),
            Kind::Messages(fields) => check_within(value, fields, depth),
            Kind::Message(fields) => {
                let bit = 1_u64 << found.slot;
                if seen & bit != 0 {
                    return Err(Malformed);
                }
                seen |= bit;
                check_within(value, fields, depth)
            }
            Kind::Unread | Kind::Number | Kind::Bytes => Ok(()),
        }
    })
}

/// A field that was found.
struct Found<'f, 'b> {
    slot: usize,
    field: &'f Field,
    /// Where its tag stands.
    tag: usize,
    /// Where its value begins.
    begin: usize,
    value: &'b [u8],
}

/// Goes through the fields of a message.
#[inline(always)]
fn walk<'b>(bytes: &'b [u8], fields: &[Field], mut visit: impl FnMut(Found<'_, 'b>) -> Result<(), Malformed>) -> Result<(), Malformed> {
    let mut rest = bytes;
    while !rest.is_empty() {
        let tag = bytes.len() - rest.len();
        let (number, wire) = key(&mut rest)?;
        let slot = slot_of(number);
        let Some(field) = fields.get(slot).filter(|field| !matches!(field.kind, Kind::Unread)) else {
            skip_field(wire, number, &mut rest, DecodeContext::default())?;
            continue;
        };
        let value = match wire {
            WireType::Varint if matches!(field.kind, Kind::Number) => {
                let before = rest;
                varint(&mut rest)?;
                before.split_at(before.len() - rest.len()).0
            }
            WireType::LengthDelimited if !matches!(field.kind, Kind::Number) => delimited(&mut rest)?,
            _ => return Err(Malformed),
        };
        visit(Found { slot, field, tag, begin: bytes.len() - rest.len() - value.len(), value })?;
    }
    Ok(())
}

/// The place of a field in its message's.
#[inline]
fn slot_of(number: u32) -> usize {
    // Fields are numbered from 1.
    number as usize - 1
}

/// Takes a number. Most are below 128, and so one byte; most lengths have two at the most.
#[inline(always)]
fn varint(rest: &mut &[u8]) -> Result<u64, Malformed> {
    match **rest {
        [byte @ ..0x80, ref after @ ..] => {
            *rest = after;
            Ok(byte.into())
        }
        [low @ 0x80..=0xff, high @ ..0x80, ref after @ ..] => {
            *rest = after;
            Ok(u64::from(low & 0x7f) | u64::from(high) << 7)
        }
        _ => Ok(decode_varint(rest)?),
    }
}

/// Takes a field's key.
#[inline(always)]
fn key(rest: &mut &[u8]) -> Result<(u32, WireType), Malformed> {
    match **rest {
        // The first fifteen fields have a key of one byte: the number, and three bits for what follows.
        [byte @ 0x08..0x80, ref after @ ..] => {
            *rest = after;
            Ok((u32::from(byte >> 3), WireType::try_from(u64::from(byte & 7))?))
        }
        _ => Ok(decode_key(rest)?),
    }
}

/// Takes a length and as many bytes.
#[inline(always)]
fn delimited<'a>(rest: &mut &'a [u8]) -> Result<&'a [u8], Malformed> {
    let length = usize::try_from(varint(rest)?).map_err(|_| Malformed)?;
    let (value, after) = rest.split_at_checked(length).ok_or(Malformed)?;
    *rest = after;
    Ok(value)
}

/// Whether all letters are of ASCII. Most texts are some words of eight bytes long, which is too short for what `[u8]::is_ascii` prepares.
#[inline]
fn is_ascii(text: &[u8]) -> bool {
    const HIGH: u64 = u64::from_ne_bytes([0x80; 8]);
    let (words, rest) = text.as_chunks::<8>();
    let all = words.iter().fold(0, |all, word| all | u64::from_ne_bytes(*word));
    let end = match text.last_chunk() {
        Some(word) => u64::from_ne_bytes(*word),
        None => rest.iter().fold(0, |all, byte| all | u64::from(*byte)),
    };
    (all | end) & HIGH == 0
}
