//! Notes of the office on a customer.

use kernel::{Actor, Result, Timestamp, id::NoteId, text};
use serde::{Deserialize, Serialize};

/// A note. It is written once; there is no changing it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// Its identifier.
    pub id: NoteId,
    /// 1 to 2,000 characters.
    pub text: String,
    /// Who wrote it.
    pub author: Actor,
    /// When.
    pub created_at: Timestamp,
}

impl Note {
    /// Checks a note.
    ///
    /// # Errors
    /// [`Error::Invalid`](kernel::Error::Invalid) that names `text`.
    pub fn new(id: NoteId, text: &str, author: &Actor, created_at: Timestamp) -> Result<Self> {
        Ok(Self { id, text: text::paragraphs("text", text, 2_000)?, author: author.clone(), created_at })
    }
}
