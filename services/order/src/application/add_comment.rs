//! Commenting on an order.

use kernel::{OrderId, Principal, Result};

use super::{Application, OrderView};
use crate::domain::order::comment::CommentId;

impl Application {
    /// Adds a comment. For the office and the crew.
    ///
    /// # Errors
    /// [`Error::NotFound`](kernel::Error::NotFound); as [`Order::comment`](crate::domain::Order::comment).
    pub async fn add_comment(&self, principal: &Principal, id: OrderId, text: &str) -> Result<(OrderView, CommentId)> {
        let comment = self.env.new_id();
        let change = self.change_latest(principal, id, |order, at| order.comment(comment, text, &principal.actor, at).map(Some));
        Ok((change.await?, comment))
    }
}
