//! The fields of a message that a caller asks for: `read_mask` of a request.
//!
//! A mask names fields of the message itself, not of what is in them.

use std::marker::PhantomData;

use kernel::{Error, Result};
use prost_types::FieldMask;

/// A message of ours.
pub trait Fields {
    /// The names of its fields.
    const NAMES: &'static [&'static str];
}

include!(concat!(env!("OUT_DIR"), "/fields.rs"));

/// Fields of a message. No message that is masked has more than 64.
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

    /// The fields that `read_mask` names; every field where it names none.
    ///
    /// # Errors
    /// [`Error::Invalid`] that tells the first that is no field of the message, and which there are.
    pub fn read(read_mask: Option<&FieldMask>) -> Result<Self> {
        let Some(FieldMask { paths }) = read_mask.filter(|mask| !mask.paths.is_empty()) else { return Ok(Self::ALL) };
        let mut bits = 0;
        for path in paths {
            let at = M::NAMES.iter().position(|name| name == path).ok_or_else(|| {
                let message = format!("{path:?} is none of the fields: {}", M::NAMES.join(", "));
                Error::invalid("read_mask", "UNKNOWN_FIELD", message)
            })?;
            bits |= 1 << at;
        }
        Ok(Self { bits, message: PhantomData })
    }

    /// No field.
    pub const NONE: Self = Self { bits: 0, message: PhantomData };

    /// The names of its fields.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        M::NAMES.iter().enumerate().filter(move |(at, _)| self.has(1 << at)).map(|(_, name)| *name)
    }

    /// The mask without the fields of these [`bits`](Self::bit).
    #[must_use]
    pub fn without(self, bits: u64) -> Self {
        Self { bits: self.bits & !bits, ..self }
    }

    /// Whether it has the field of this [`bit`](Self::bit), or one of several.
    #[must_use]
    pub fn has(self, bit: u64) -> bool {
        self.bits & bit != 0
    }

    /// The bit of the field of that name.
    ///
    /// # Panics
    /// Where there is no such field: a build that says so, as [`masked`](crate::masked) asks in a constant.
    #[must_use]
    #[expect(clippy::panic, reason = "in a constant: an error of the build")]
    pub const fn bit(name: &str) -> u64 {
        let mut at = 0;
        while at < M::NAMES.len() {
            if is_spelled(name.as_bytes(), M::NAMES[at].as_bytes()) {
                return 1 << at;
            }
            at += 1;
        }
        panic!("no field of that name")
    }
}

/// Whether an identifier, which may be a raw one, is the name.
const fn is_spelled(identifier: &[u8], name: &[u8]) -> bool {
    let raw = if let [b'r', b'#', ..] = identifier { 2 } else { 0 };
    if identifier.len() - raw != name.len() {
        return false;
    }
    let mut at = 0;
    while at < name.len() {
        if identifier[raw + at] != name[at] {
            return false;
        }
        at += 1;
    }
    true
}

/// A message of which only the fields of a mask are made; the others are empty.
#[macro_export]
macro_rules! masked {
    ($mask:expr => $message:ty { $($field:ident: $value:expr),* $(, ..$base:expr)? $(,)? }) => {{
        let mask: $crate::mask::Mask<$message> = $mask;
        // A type that is named by a variable can't begin a struct expression.
        type Message = $message;
        Message {
            $($field: if mask.has(const { $crate::mask::Mask::<$message>::bit(stringify!($field)) }) { $value } else { Default::default() },)*
            $(..$base)?
        }
    }};
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crm::customer::v1::Customer;

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
        assert_eq!(some.without(const { Mask::<Customer>::bit("r#type") }).names().collect::<Vec<_>>(), ["id"]);
        assert_eq!(Mask::<Customer>::ALL.names().collect::<Vec<_>>(), Customer::NAMES);
        assert_eq!(Mask::<Customer>::NONE.names().count(), 0);
    }

    #[test]
    fn what_is_no_field_is_refused_with_those_that_are() {
        for path in ["nam", "address.city", ""] {
            let error = Mask::<Customer>::read(Some(&mask(&["id", path]))).unwrap_err().to_string();
            assert!(error.contains(&format!("{path:?} is none of the fields: id, version, type, name")), "{error}");
        }
    }
}
