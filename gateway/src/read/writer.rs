//! The answer as it is written.

use std::{collections::HashMap, ops::Range};

use async_graphql::{Name, PathSegment, Pos, ServerError};
use contracts::view::Str;
use foldhash::fast::RandomState;
use kernel::Error;

use super::{
    Show,
    execute::BEGINNING,
    notes::{Note, Notes},
    wave::Shelves,
};
use crate::{graph::error::field_error, scope::Scope};

/// Writes a response as JSON up to the end of its data, and keeps the errors of its fields.
pub(crate) struct Writer<'p> {
    out: Vec<u8>,
    path: Vec<Segment<'p>>,
    errors: Vec<ServerError>,
    shelves: &'p Shelves<'p>,
    notes: &'p Notes,
    /// The note that comes next.
    next: usize,
    /// Where the answer of that place on its shelf stands, as it was written by the plan at that address.
    written: HashMap<(usize, usize), Range<usize>, RandomState>,
}

/// Room for most answers, in bytes, so that they are not moved as they grow. What is not written to takes no memory.
const ROOM: usize = 64 * 1024;

/// A part of a path in the answer.
#[derive(Clone, Copy)]
enum Segment<'p> {
    Field(&'p Name),
    Index(usize),
}

impl<'p> Writer<'p> {
    pub(super) fn new(shelves: &'p Shelves<'p>, notes: &'p Notes) -> Self {
        let mut out = Vec::with_capacity(ROOM);
        out.extend_from_slice(BEGINNING);
        let written = HashMap::with_capacity_and_hasher(shelves.count(), RandomState::default());
        Self { out, path: Vec::new(), errors: Vec::new(), shelves, notes, next: 0, written }
    }

    /// What was written, and the errors.
    pub(super) fn finish(self) -> (Vec<u8>, Vec<ServerError>) {
        (self.out, self.errors)
    }

    /// The request's scope.
    pub(crate) fn scope(&self) -> &'p Scope {
        self.shelves.scope()
    }

    pub(super) fn shelves(&self) -> &'p Shelves<'p> {
        self.shelves
    }

    /// The next note.
    pub(super) fn note(&mut self) -> Option<&'p Note> {
        self.next += 1;
        self.notes.get(self.next - 1)
    }

    /// Writes an object of the given fields, each of which has a name, and a key that is written before it, with a comma.
    pub(super) fn object<T>(
        &mut self,
        fields: &'p [T],
        key: impl Fn(&'p T) -> (&'p Name, &'p [u8]),
        mut write: impl FnMut(&'p T, &mut Self),
    ) {
        let begin = self.out.len();
        for field in fields {
            let (name, key) = key(field);
            self.out.extend_from_slice(key);
            self.path.push(Segment::Field(name));
            write(field, self);
            self.path.pop();
        }
        // The first key stands behind the brace.
        match self.out.get_mut(begin) {
            Some(comma) => *comma = b'{',
            None => self.out.push(b'{'),
        }
        self.out.push(b'}');
    }

    /// Writes a list.
    pub(super) fn list<T>(&mut self, items: impl IntoIterator<Item = T>, mut write: impl FnMut(T, &mut Self)) {
        self.out.push(b'[');
        for (index, item) in items.into_iter().enumerate() {
            if index > 0 {
                self.out.push(b',');
            }
            self.path.push(Segment::Index(index));
            write(item, self);
            self.path.pop();
        }
        self.out.push(b']');
    }

    pub(crate) fn null(&mut self) {
        self.out.extend_from_slice(b"null");
    }

    pub(super) fn truth(&mut self, value: bool) {
        self.out.extend_from_slice(if value { b"true" } else { b"false" });
    }

    pub(super) fn number(&mut self, value: impl itoa::Integer) {
        self.out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
    }

    /// Writes the text that `value` shows, in which nothing is to be escaped.
    pub(super) fn shown(&mut self, value: &impl Show) {
        self.out.push(b'"');
        value.show(&mut self.out);
        self.out.push(b'"');
    }

    /// Writes a string.
    pub(crate) fn string<'a>(&mut self, text: impl Into<Str<'a>>) {
        self.out.push(b'"');
        escape(&mut self.out, text.into());
        self.out.push(b'"');
    }

    /// Writes a string that consists of parts.
    pub(crate) fn string_of(&mut self, parts: [Str<'_>; 2], separator: &str) {
        self.out.push(b'"');
        escape(&mut self.out, parts[0]);
        escape(&mut self.out, separator.into());
        escape(&mut self.out, parts[1]);
        self.out.push(b'"');
    }

    /// Writes null in the place of a field that failed, and keeps why.
    ///
    /// Whatever can fail is nullable in the schema, so that no null goes further up.
    pub(super) fn fail(&mut self, error: &Error, position: Pos) {
        self.refuse(&field_error(error).into_server_error(position));
    }

    /// Writes null in the place of a field whose arguments can't be read, and keeps why.
    pub(crate) fn refuse(&mut self, error: &ServerError) {
        let path = self.path.iter().map(|segment| match segment {
            Segment::Field(key) => PathSegment::Field(key.to_string()),
            Segment::Index(index) => PathSegment::Index(*index),
        });
        self.errors.push(ServerError { path: path.collect(), ..error.clone() });
        self.null();
    }

    /// Writes an answer, which is known by its place on its shelf, by a plan. What was written of it by the same plan before, without an
    /// error, is copied.
    pub(super) fn once<P>(&mut self, plan: &'p P, place: usize, write: impl FnOnce(&'p P, &mut Self)) {
        let known = (std::ptr::from_ref(plan).addr(), place);
        if let Some(range) = self.written.get(&known) {
            self.out.extend_from_within(range.clone());
            return;
        }
        let (begin, errors) = (self.out.len(), self.errors.len());
        let next = self.next;
        self.next = self.notes.of(known.0, place).unwrap_or(next);
        write(plan, self);
        self.next = next;
        if self.errors.len() == errors {
            self.written.insert(known, begin..self.out.len());
        }
    }
}

/// Writes what stands between the quotes of a string of JSON (RFC 8259, section 7).
fn escape(out: &mut Vec<u8>, text: Str<'_>) {
    let bytes = text.as_bytes();
    if !has_to_escape(bytes) {
        return out.extend_from_slice(bytes);
    }
    let mut written = 0;
    for (at, byte) in bytes.iter().enumerate() {
        let control;
        let escaped: &[u8] = match byte {
            b'"' => b"\\\"",
            b'\\' => b"\\\\",
            b'\n' => b"\\n",
            b'\r' => b"\\r",
            b'\t' => b"\\t",
            0x08 => b"\\b",
            0x0c => b"\\f",
            0..0x20 => {
                control = format!("\\u{byte:04x}");
                control.as_bytes()
            }
            _ => continue,
        };
        out.extend_from_slice(&bytes[written..at]);
        out.extend_from_slice(escaped);
        written = at + 1;
    }
    out.extend_from_slice(&bytes[written..]);
}

/// Whether there is a byte that must be escaped. Eight are looked at together, the last eight perhaps a second time.
fn has_to_escape(bytes: &[u8]) -> bool {
    let Some(last) = bytes.last_chunk() else {
        return bytes.iter().any(|byte| *byte < 0x20 || matches!(byte, b'"' | b'\\'));
    };
    let (words, _) = bytes.as_chunks();
    words.iter().chain([last]).fold(0, |found, word| found | to_escape(u64::from_le_bytes(*word))) != 0
}

/// Not 0 where one of eight bytes must be escaped: the highest bit of a byte comes where one below the bound has to borrow for it. What
/// is above that byte may have its bit too.
fn to_escape(word: u64) -> u64 {
    const EACH: u64 = u64::from_le_bytes([1; 8]);
    const HIGHEST: u64 = EACH << 7;
    let below = |word: u64, bound: u8| word.wrapping_sub(EACH * u64::from(bound)) & !word;
    let is = |byte: u8| below(word ^ (EACH * u64::from(byte)), 1);
    (below(word, 0x20) | is(b'"') | is(b'\\')) & HIGHEST
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_must_be_escaped_is_seen_wherever_it_stands() {
        for length in 0..40 {
            for (at, byte) in (0..length).flat_map(|at| (0..=u8::MAX).map(move |byte| (at, byte))) {
                for others in [b' ', b'~', 0x80, 0xff] {
                    let mut bytes = vec![others; length];
                    bytes[at] = byte;
                    assert_eq!(has_to_escape(&bytes), byte < 0x20 || byte == b'"' || byte == b'\\', "{bytes:?}");
                }
            }
        }
    }

    #[test]
    fn strings_are_escaped_as_serde_json_does() {
        let every: String = (0..0x500).chain([0x2028, 0x2029, 0xfffd, 0x1f9f9]).filter_map(char::from_u32).collect();
        let letters = every.chars().map(String::from);
        for text in letters.chain([String::new(), "\"\\".repeat(3), every.clone()]) {
            let mut out = Vec::new();
            escape(&mut out, text.as_str().into());
            assert_eq!(format!("\"{}\"", String::from_utf8(out).unwrap()), serde_json::to_string(&text).unwrap());
        }
    }
}
