//! First and last names.

use std::fmt;

use kernel::{Result, text};
use serde::{Deserialize, Serialize};

/// A first or a last name: 1 to 100 characters on one line.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Name(String);

impl Name {
    /// The most characters of a name.
    pub const MAX: usize = 100;

    /// Reads a name that came from outside; blanks around it are dropped.
    ///
    /// # Errors
    /// [`kernel::Error::Invalid`] that names `field`.
    pub fn parse(field: &str, text: &str) -> Result<Self> {
        text::line(field, text, Self::MAX).map(Self)
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
