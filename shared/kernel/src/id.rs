//! Typed identifiers: UUID v7 (RFC 9562), so that they sort by creation time.

use std::{cmp::Ordering, fmt, hash, marker::PhantomData, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::{Uuid, fmt::Hyphenated};

use crate::error::{Error, Violation};

/// The identifier of a `K`. Written as a lower-case hyphenated UUID everywhere.
pub struct Id<K>(Uuid, PhantomData<fn() -> K>);

macro_rules! kinds {
    ($($(#[$doc:meta])* $alias:ident = $kind:ident;)*) => {
        /// Markers that tell identifiers apart; they have no values.
        pub mod kind {
            $(#[doc = concat!("Marks a [`", stringify!($alias), "`](super::", stringify!($alias), ").")]
            pub enum $kind {})*
        }
        $($(#[$doc])* pub type $alias = Id<kind::$kind>;)*
    };
}

kinds! {
    /// A company (tenant).
    CompanyId = Company;
    /// An account of the auth service.
    AccountId = Account;
    /// A sign-in on one device: a family of refresh tokens.
    SessionId = Session;
    /// An employee.
    EmployeeId = Employee;
    /// A time off of an employee.
    TimeOffId = TimeOff;
    /// A customer.
    CustomerId = Customer;
    /// A property of a customer: a place to clean.
    PropertyId = Property;
    /// A contact person of a customer.
    ContactId = Contact;
    /// A note on a customer.
    NoteId = Note;
    /// An order.
    OrderId = Order;
    /// A comment on an order.
    CommentId = Comment;
    /// An item of an order's checklist.
    ChecklistItemId = ChecklistItem;
    /// A domain event.
    EventId = Event;
    /// An entry of an entity's history.
    HistoryId = History;
}

impl<K> Id<K> {
    /// How many letters it has as a text.
    pub const LENGTH: usize = Hyphenated::LENGTH;

    /// Wraps a UUID that is known to name a `K`.
    #[must_use]
    pub const fn from_uuid(uuid: Uuid) -> Self {
        Self(uuid, PhantomData)
    }

    /// The UUID itself.
    #[must_use]
    pub const fn uuid(self) -> Uuid {
        self.0
    }

    /// Reads an identifier in bytes that need not be a text.
    ///
    /// # Errors
    /// Where they are no identifier.
    pub fn from_ascii(text: &[u8]) -> Result<Self, uuid::Error> {
        // Only the hyphenated form: one thing has one spelling.
        if text.len() != Self::LENGTH {
            return Err(Uuid::parse_str("-").err().unwrap_or_else(|| unreachable!("'-' is no UUID")));
        }
        Uuid::try_parse_ascii(text).map(Self::from_uuid)
    }

    /// Reads an identifier that came from outside.
    ///
    /// # Errors
    /// [`Error::Invalid`] that names `field` when the text is no UUID.
    pub fn parse(field: &str, text: &str) -> Result<Self, Error> {
        Self::from_str(text).map_err(|_| {
            Error::Invalid(vec![Violation::new(field, "INVALID_ID", "must be a UUID such as 01890a5d-ac96-774b-bcce-b302099a8057")])
        })
    }
}

impl<K> FromStr for Id<K> {
    type Err = uuid::Error;
    fn from_str(text: &str) -> Result<Self, uuid::Error> {
        Self::from_ascii(text.as_bytes())
    }
}

impl<K> Clone for Id<K> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<K> Copy for Id<K> {}
impl<K> PartialEq for Id<K> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}
impl<K> Eq for Id<K> {}
impl<K> PartialOrd for Id<K> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl<K> Ord for Id<K> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.cmp(&other.0)
    }
}
impl<K> hash::Hash for Id<K> {
    fn hash<H: hash::Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}
impl<K> Id<K> {
    /// It as a text, as [`Display`](fmt::Display) shows it.
    #[must_use]
    pub fn text(self) -> String {
        self.0.hyphenated().encode_lower(&mut Uuid::encode_buffer()).to_owned()
    }

    /// The letters of that text, all of ASCII.
    #[must_use]
    pub fn ascii(self) -> [u8; Hyphenated::LENGTH] {
        let mut letters = [0; Hyphenated::LENGTH];
        self.0.hyphenated().encode_lower(&mut letters);
        letters
    }
}

impl<K> fmt::Display for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
impl<K> fmt::Debug for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
impl<K> Serialize for Id<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}
impl<'de, K> Deserialize<'de> for Id<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Uuid::deserialize(deserializer).map(Self::from_uuid)
    }
}
