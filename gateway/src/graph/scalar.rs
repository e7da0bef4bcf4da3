//! Custom scalars. What they hold is checked where it is used, so that the rules live in one place, and so that an error
//! names the field with its path; here it is only made sure that they are strings of a sane length.

use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};
use contracts::{read, view::Str, write};

use crate::read::{Show, Shown, leaf};

macro_rules! string_scalar {
    ($(#[$doc:meta])* $name:ident, $url:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        pub(crate) struct $name(pub(crate) String);

        $(#[$doc])*
        #[Scalar(specified_by_url = $url)]
        impl ScalarType for $name {
            fn parse(value: Value) -> InputValueResult<Self> {
                match value {
                    Value::String(text) if text.len() <= 1_000 => Ok(Self(text)),
                    Value::String(_) => Err(InputValueError::custom("must have at most 1000 characters")),
                    other => Err(InputValueError::expected_type(other)),
                }
            }

            fn to_value(&self) -> Value {
                Value::String(self.0.clone())
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text)
            }
        }

        leaf! {
            $name as Self = |it| it, |out| out.string(it.0.as_str());
        }
    };
}

string_scalar! {
    /// A decimal number as a string, such as "12.50": exact, without an exponent.
    Decimal, "https://en.wikipedia.org/wiki/Decimal"
}
string_scalar! {
    /// A telephone number in E.164, such as "+37120000001"; input may be spelled otherwise.
    PhoneNumber, "https://www.itu.int/rec/T-REC-E.164"
}
string_scalar! {
    /// An email address, such as "anna@example.com".
    EmailAddress, "https://www.rfc-editor.org/rfc/rfc5321"
}

string_scalar! {
    /// A moment in UTC, such as "2026-03-01T09:30:00Z"; input may have any offset.
    DateTime, "https://www.rfc-editor.org/rfc/rfc3339"
}

impl DateTime {
    /// The moment in a message of a service; `None` where there is none.
    pub(crate) fn read(at: Option<prost_types::Timestamp>) -> Option<Self> {
        Moment::read(at).map(|at| Self(at.to_string()))
    }

    /// The moment for a message to a service.
    ///
    /// # Errors
    /// [`kernel::Error::Invalid`] that names `field`.
    pub(crate) fn write(&self, field: &str) -> kernel::Result<prost_types::Timestamp> {
        kernel::Timestamp::parse(field, &self.0).map(write::timestamp)
    }
}

impl Show for kernel::Timestamp {
    fn show(&self, out: &mut Vec<u8>) {
        self.write(out);
    }
}

impl Show for kernel::Decimal {
    fn show(&self, out: &mut Vec<u8>) {
        let Ok(digits) = u64::try_from(self.mantissa().unsigned_abs()) else {
            // Writing into memory does not fail.
            let _ = std::io::Write::write_fmt(out, format_args!("{self}"));
            return;
        };
        let mut buffer = itoa::Buffer::new();
        let digits = buffer.format(digits).as_bytes();
        let decimals = usize::try_from(self.scale()).unwrap_or_default();
        let (whole, fraction) = digits.split_at(digits.len().saturating_sub(decimals));
        if self.is_sign_negative() {
            out.push(b'-');
        }
        out.extend_from_slice(if whole.is_empty() { b"0" } else { whole });
        if decimals > 0 {
            out.push(b'.');
            out.resize(out.len() + decimals - fraction.len(), b'0');
            out.extend_from_slice(fraction);
        }
    }
}

/// A moment in a message of a service, as it is shown.
pub(crate) type Moment = Shown<kernel::Timestamp, DateTime>;

impl Moment {
    /// `None` where there is none.
    pub(crate) fn read(at: Option<prost_types::Timestamp>) -> Option<Self> {
        read::optional_timestamp("", at.as_ref()).ok().flatten().map(Self::of)
    }
}

/// Text that a message holds as empty where there is none.
pub(crate) fn optional(text: Str<'_>) -> Option<Str<'_>> {
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_decimal_is_shown_as_it_is_displayed(mantissa in prop_oneof![any::<i64>(), -1_000_i64..1_000], high in 0_u32..3, scale in 0_u32..=28) {
            let parts = mantissa.unsigned_abs();
            let (low, middle) = ((parts & u64::from(u32::MAX)) as u32, (parts >> 32) as u32);
            let decimal = kernel::Decimal::from_parts(low, middle, high, mantissa < 0, scale);
            let mut shown = Vec::new();
            decimal.show(&mut shown);
            prop_assert_eq!(String::from_utf8(shown).unwrap(), decimal.to_string());
        }
    }
}
