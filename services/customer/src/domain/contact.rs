//! Further people to talk to at a customer's.

use kernel::{EmailAddress, PhoneNumber, Result, Violations, id::ContactId, text};
use serde::{Deserialize, Serialize};

/// A person to talk to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// Its identifier.
    pub id: ContactId,
    /// Name; 1 to 200 characters.
    pub name: String,
    /// What they do there, at most 100 characters; may be empty.
    pub position: String,
    /// Telephone number.
    pub phone: Option<PhoneNumber>,
    /// Email address.
    pub email: Option<EmailAddress>,
}

/// A contact as it was given.
#[derive(Debug, Clone, Default)]
pub struct ContactInput {
    /// Which contact it is; `None` for a new one.
    pub id: Option<ContactId>,
    /// Name.
    pub name: String,
    /// What they do there; may be empty.
    pub position: String,
    /// Telephone number; may be empty.
    pub phone: String,
    /// Email address; may be empty.
    pub email: String,
}

impl Contact {
    /// Checks a contact.
    ///
    /// # Errors
    /// [`Error::Invalid`](kernel::Error::Invalid) that names every field that breaks a rule.
    pub fn new(id: ContactId, input: &ContactInput) -> Result<Self> {
        let mut checks = Violations::default();
        let name = checks.take(text::line("name", &input.name, 200));
        let position = checks.take(text::optional_line("position", &input.position, 100));
        let phone = checks.take(given(&input.phone).map(|phone| PhoneNumber::parse("phone", phone)).transpose());
        let email = checks.take(given(&input.email).map(|email| EmailAddress::parse("email", email)).transpose());
        checks.finish_with(|| Some(Self { id, name: name?, position: position?, phone: phone?, email: email? }))
    }
}

/// The text without surrounding blanks; `None` where nothing is left.
pub(super) fn given(text: &str) -> Option<&str> {
    Some(text.trim()).filter(|text| !text.is_empty())
}
