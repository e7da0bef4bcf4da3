//! What the office and the crew say about an order.

use kernel::{Actor, Error, Id, Result, Timestamp, id::kind, text};
use serde::{Deserialize, Serialize};

use super::Order;
use crate::domain::event::OrderEvent;

/// The identifier of a comment.
pub type CommentId = Id<kind::Comment>;

/// The most comments of an order.
pub const MAX_COMMENTS: usize = 200;

/// A comment of the office or the crew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Comment {
    /// Its id.
    pub id: CommentId,
    /// The comment.
    pub text: String,
    /// Who wrote it.
    pub author: Actor,
    /// When.
    pub created_at: Timestamp,
}

impl Order {
    /// Adds a comment of 1 to 2,000 characters, whatever the order's status: complaints come after the work.
    ///
    /// # Errors
    /// [`Error::Invalid`] that names `text`; [`Error::FailedPrecondition`] `TOO_MANY_COMMENTS`.
    pub fn comment(&mut self, id: CommentId, text: &str, author: &Actor, at: Timestamp) -> Result<OrderEvent> {
        let text = text::paragraphs("text", text, 2_000)?;
        if self.comments.len() >= MAX_COMMENTS {
            let message = format!("an order has at most {MAX_COMMENTS} comments");
            return Err(Error::failed_precondition("TOO_MANY_COMMENTS", "", message));
        }
        self.0.comments.push(Comment { id, text, author: author.clone(), created_at: at });
        self.changed(at);
        Ok(OrderEvent::Updated)
    }
}
