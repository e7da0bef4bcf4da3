//! The wire format of protobuf, read in place: text stays where it is, in the bytes of the answer.

use contracts::crm::order::v1 as order;
use prost::{
    DecodeError,
    encoding::{DecodeContext, WireType, decode_key, decode_varint, skip_field},
};

use crate::{
    call::Failure,
    handwritten::json::{self, Displayed},
};

/// What a message is read into.
pub(super) trait Message<'a>: Default {
    /// Takes in the field of that number; it does nothing with one that it does not need.
    fn field(&mut self, number: u32, value: Value<'a>) -> Result<(), Malformed>;
}

/// The value of a field.
#[derive(Clone, Copy)]
pub(super) enum Value<'a> {
    Number(u64),
    /// Text, or a message.
    Bytes(&'a [u8]),
}

/// An answer is not what the contracts say.
#[derive(Debug)]
pub(super) struct Malformed;

/// Reads a message.
pub(super) fn read<'a, M: Message<'a>>(mut bytes: &'a [u8]) -> Result<M, Malformed> {
    let mut message = M::default();
    while !bytes.is_empty() {
        let (number, kind) = decode_key(&mut bytes)?;
        match kind {
            WireType::Varint => message.field(number, Value::Number(decode_varint(&mut bytes)?))?,
            WireType::LengthDelimited => {
                let length = usize::try_from(decode_varint(&mut bytes)?).map_err(|_| Malformed)?;
                let (value, rest) = bytes.split_at_checked(length).ok_or(Malformed)?;
                bytes = rest;
                message.field(number, Value::Bytes(value))?;
            }
            // No field of ours is of such a kind.
            kind => skip_field(kind, number, &mut bytes, DecodeContext::default())?,
        }
    }
    Ok(message)
}

impl<'a> Value<'a> {
    pub(super) fn message<M: Message<'a>>(self) -> Result<M, Malformed> {
        read(self.bytes()?)
    }

    pub(super) fn text(self) -> Result<&'a str, Malformed> {
        std::str::from_utf8(self.bytes()?).map_err(|_| Malformed)
    }

    fn bytes(self) -> Result<&'a [u8], Malformed> {
        match self {
            Self::Bytes(bytes) => Ok(bytes),
            Self::Number(_) => Err(Malformed),
        }
    }

    pub(super) fn number(self) -> Result<u64, Malformed> {
        match self {
            Self::Number(number) => Ok(number),
            Self::Bytes(_) => Err(Malformed),
        }
    }

    /// One below zero has the bits of a number of 64 bits.
    pub(super) fn int32(self) -> Result<i32, Malformed> {
        Ok(self.number()? as i32)
    }

    pub(super) fn int64(self) -> Result<i64, Malformed> {
        Ok(self.number()? as i64)
    }

    /// A value of an enumeration, by the name that it has in the graph.
    pub(super) fn value<E: TryFrom<i32> + Default>(
        self,
        name: fn(&E) -> &'static str,
        prefix: &str,
    ) -> Result<Option<&'static str>, Malformed> {
        Ok(json::value(name(&E::try_from(self.int32()?).unwrap_or_default()), prefix))
    }

    pub(super) fn order_status(self) -> Result<Option<&'static str>, Malformed> {
        self.value(order::OrderStatus::as_str_name, "ORDER_STATUS_")
    }

    pub(super) fn time(self) -> Result<Option<Displayed<kernel::Timestamp>>, Malformed> {
        Ok(json::time(Some(&self.message()?)))
    }
}

impl From<DecodeError> for Malformed {
    fn from(_: DecodeError) -> Self {
        Self
    }
}

impl From<Malformed> for Failure {
    fn from(_: Malformed) -> Self {
        Self::of_service("an answer is not what the contracts say")
    }
}
