//! The fields of a message that a caller asks for: `read_mask` of a request.
//!
//! A path names a field of the message; or a field of a message of ours that stands in it, `price.total`. What is repeated, or one of
//! several (`oneof`), is asked for as a whole.

use std::marker::PhantomData;

use kernel::{Error, Result};
use prost_types::FieldMask;

/// A message of ours.
pub trait Fields {
    /// The paths of its fields, in their order; in the place of a message that stands in it, the paths of the fields of that.
    const PATHS: &'static [&'static str];
}

include!(concat!(env!("OUT_DIR"), "/fields.rs"));

/// Fields of a message: a bit for each of its [paths](Fields::PATHS). No message that is masked has more than 64.
#[derive(Debug)]
pub struct Mask<M> {
    bits: u64,
    message: PhantomData<fn() -> M>,
}

impl<M> Clone for Mask<M> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M> Copy for Mask<M> {}

impl<M: Fields> Mask<M> {
    /// Every field.
    pub const ALL: Self = Self { bits: u64::MAX, message: PhantomData };

    /// No field.
    pub const NONE: Self = Self { bits: 0, message: PhantomData };

    /// The fields that `read_mask` names; every field where it names none.
    ///
    /// # Errors
    /// [`Error::Invalid`] that tells the first that is no field of the message, and which there are.
    pub fn read(read_mask: Option<&FieldMask>) -> Result<Self> {
        let Some(FieldMask { paths }) = read_mask.filter(|mask| !mask.paths.is_empty()) else { return Ok(Self::ALL) };
        let mut bits = 0;
        for path in paths {
            bits |= match bits_at(M::PATHS, path.as_bytes()) {
                0 => {
                    let message = format!("{path:?} is none of the fields: {}", M::PATHS.join(", "));
                    return Err(Error::invalid("read_mask", "UNKNOWN_FIELD", message));
                }
                some => some,
            };
        }
        Ok(Self { bits, message: PhantomData })
    }

    /// The names of the message's own fields of which it has something.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        groups(M::PATHS).filter(move |(_, group, _)| self.has(*group)).map(|(name, ..)| name)
    }

    /// The mask without the fields of these [`bits`](Self::bits).
    #[must_use]
    pub fn without(self, bits: u64) -> Self {
        Self { bits: self.bits & !bits, ..self }
    }

    /// Whether it has a field of these [`bits`](Self::bits).
    #[must_use]
    pub fn has(self, bits: u64) -> bool {
        self.bits & bits != 0
    }

    /// What it has of a message that stands in this one, with these [`bits`](Self::bits).
    #[must_use]
    pub fn within<P: Fields>(self, bits: u64) -> Mask<P> {
        debug_assert_eq!(bits.count_ones() as usize, P::PATHS.len(), "the bits of that message");
        Mask { bits: (self.bits & bits) >> bits.trailing_zeros(), message: PhantomData }
    }

    /// The bits of the field of that name: one, or those of the fields of the message that it is.
    ///
    /// # Panics
    /// Where there is no such field: a build that says so, as [`masked`](crate::masked) asks in a constant.
    #[must_use]
    #[expect(clippy::panic, reason = "in a constant: an error of the build")]
    pub const fn bits(name: &str) -> u64 {
        let bits = match name.as_bytes() {
            // An identifier, which may be a raw one.
            [b'r', b'#', name @ ..] | name => bits_at(M::PATHS, name),
        };
        if bits == 0 {
            panic!("no field of that name")
        }
        bits
    }
}

/// The bits of those of the `paths` that are `path`, or begin with it.
const fn bits_at(paths: &[&str], path: &[u8]) -> u64 {
    let (mut bits, mut at) = (0, 0);
    while at < paths.len() {
        if is_at(paths[at].as_bytes(), path) {
            bits |= 1 << at;
        }
        at += 1;
    }
    bits
}

/// Whether a path is `path`, or begins with it.
const fn is_at(longer: &[u8], path: &[u8]) -> bool {
    let mut at = 0;
    while at < path.len() {
        if at == longer.len() || longer[at] != path[at] {
            return false;
        }
        at += 1;
    }
    !path.is_empty() && (longer.len() == path.len() || longer[path.len()] == b'.')
}

/// The names of a message's own fields, each with its bits and its paths.
fn groups<'p>(paths: &'p [&'static str]) -> impl Iterator<Item = (&'static str, u64, &'p [&'static str])> {
    let mut begin = 0;
    std::iter::from_fn(move || {
        let rest = &paths[begin..];
        let path = *rest.first()?;
        let name = path.split_once('.').map_or(path, |(name, _)| name);
        let parts = if name == path { 1 } else { rest.iter().take_while(|path| is_at(path.as_bytes(), name.as_bytes())).count() };
        let bits = (u64::MAX >> (u64::BITS as usize - parts)) << begin;
        begin += parts;
        Some((name, bits, &rest[..parts]))
    })
}

/// The shortest mask that has the fields of these [`bits`](Mask::bits) of a message with these [`paths`](Fields::PATHS).
#[must_use]
pub fn field_mask(paths: &[&'static str], bits: u64) -> FieldMask {
    let mut named = Vec::new();
    for (name, group, paths) in groups(paths) {
        if bits & group == group {
            named.push(name.to_owned());
        } else if bits & group != 0 {
            let asked = paths.iter().enumerate().filter(|(at, _)| (bits >> group.trailing_zeros()) & (1 << at) != 0);
            named.extend(asked.map(|(_, path)| (*path).to_owned()));
        }
    }
    FieldMask { paths: named }
}

/// A message of which only the fields of a mask are made; the others are empty.
#[macro_export]
macro_rules! masked {
    ($mask:expr => $message:ty { $($field:ident: $value:expr),* $(, ..$base:expr)? $(,)? }) => {{
        let mask: $crate::mask::Mask<$message> = $mask;
        // A type that is named by a variable can't begin a struct expression.
        type Message = $message;
        Message {
            $($field: if mask.has(const { $crate::mask::Mask::<$message>::bits(stringify!($field)) }) { $value } else { Default::default() },)*
            $(..$base)?
        }
    }};
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crm::{api::v1::Address, customer::v1::Customer, order::v1::Order};

    fn mask(paths: &[&str]) -> FieldMask {
        FieldMask { paths: paths.iter().map(|path| (*path).to_owned()).collect() }
    }

    #[test]
    fn only_what_a_mask_names_is_made() {
        let made = |mask: Mask<Customer>| {
            let base = Customer { phone: "1".into(), ..Customer::default() };
            masked!(mask => Customer { id: "a".into(), r#type: 1, name: "b".into(), ..base })
        };
        let some = made(Mask::read(Some(&mask(&["type", "id"]))).unwrap());
        assert_eq!((some.id.as_str(), some.r#type, some.name.as_str(), some.phone.as_str()), ("a", 1, "", "1"));
        for all in [None, Some(&mask(&[]))] {
            assert_eq!(made(Mask::read(all).unwrap()).name, "b");
        }
    }

    #[test]
    fn a_mask_tells_its_fields() {
        let some = Mask::<Customer>::read(Some(&mask(&["type", "id"]))).unwrap();
        assert_eq!(some.names().collect::<Vec<_>>(), ["id", "type"]);
        assert_eq!(some.without(const { Mask::<Customer>::bits("r#type") }).names().collect::<Vec<_>>(), ["id"]);
        assert_eq!(Mask::<Customer>::ALL.names().collect::<Vec<_>>(), Customer::PATHS);
        assert_eq!(Mask::<Customer>::NONE.names().count(), 0);
    }

    #[test]
    fn a_message_in_a_message_is_asked_for_as_a_whole_or_by_its_fields() {
        const ADDRESS: u64 = Mask::<Order>::bits("address");
        let read = |paths: &[&str]| Mask::<Order>::read(Some(&mask(paths))).unwrap();
        let some = read(&["id", "address.city", "price"]);
        assert_eq!(some.names().collect::<Vec<_>>(), ["id", "address", "price"]);
        assert_eq!(some.within::<Address>(ADDRESS).names().collect::<Vec<_>>(), ["city"]);
        assert_eq!(read(&["address"]).within::<Address>(ADDRESS).names().collect::<Vec<_>>(), Address::PATHS);
        assert!(!read(&["id"]).has(ADDRESS));
        // In the shortest way, whatever it was read from.
        for (paths, shortest) in [
            (vec!["price.lines", "address.city", "price.total"], vec!["address.city", "price"]),
            (vec!["price.total", "id"], vec!["id", "price.total"]),
            (vec!["cancellation", "price_terms.fixed"], vec!["price_terms.fixed", "cancellation"]),
        ] {
            assert_eq!(field_mask(Order::PATHS, read(&paths).bits), mask(&shortest));
        }
    }

    #[test]
    fn what_is_no_field_is_refused_with_those_that_are() {
        for path in ["nam", "name.first", "address.city", ".", ""] {
            let error = Mask::<Customer>::read(Some(&mask(&["id", path]))).unwrap_err().to_string();
            assert!(error.contains(&format!("{path:?} is none of the fields: id, version, type, name")), "{error}");
        }
        // What is one of several has no paths of its own, and neither has what is repeated.
        for path in ["price_terms.per_hour.rate", "price.lines.label", "price.", "address.cit"] {
            assert!(Mask::<Order>::read(Some(&mask(&[path]))).is_err(), "{path}");
        }
    }
}
