//! What is to be done at an order.

use std::collections::BTreeSet;

use kernel::{Actor, Error, Id, Result, Timestamp, Violations, id::kind, text};
use serde::{Deserialize, Serialize};

use super::Order;
use crate::domain::event::OrderEvent;

/// The identifier of an item.
pub type ChecklistItemId = Id<kind::ChecklistItem>;

/// The most items.
pub const MAX_ITEMS: usize = 100;

/// Something to be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChecklistItem {
    /// Its id.
    pub id: ChecklistItemId,
    /// What; 1 to 200 characters.
    pub text: String,
    /// When it was done.
    pub done_at: Option<Timestamp>,
    /// Who did it.
    pub done_by: Option<Actor>,
}

/// An item as the office writes it down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChecklistEntry {
    /// The item that it changes; `None` for a new one.
    pub id: Option<ChecklistItemId>,
    /// What; 1 to 200 characters.
    pub text: String,
}

/// The list after it was written anew: items that were there keep whether they are done.
pub(super) fn rewritten(
    current: &[ChecklistItem],
    entries: Vec<ChecklistEntry>,
    mut new_id: impl FnMut() -> ChecklistItemId,
) -> Result<Vec<ChecklistItem>> {
    if entries.len() > MAX_ITEMS {
        return Err(Error::invalid("checklist", "TOO_MANY", format!("must have at most {MAX_ITEMS} items")));
    }
    let mut checks = Violations::default();
    let mut seen = BTreeSet::new();
    let mut items = Vec::with_capacity(entries.len());
    for (i, ChecklistEntry { id, text }) in entries.into_iter().enumerate() {
        let text = checks.take(text::line(&format!("checklist[{i}].text"), &text, 200));
        let known = id.and_then(|id| current.iter().find(|item| item.id == id));
        if id.is_some() {
            let field = format!("checklist[{i}].id");
            checks.require(known.is_some(), &field, "UNKNOWN", "must be an item of this order, or empty for a new one");
            checks.require(id.is_some_and(|id| seen.insert(id)), &field, "DUPLICATE", "must not be there twice");
        }
        let Some(text) = text else { continue };
        items.push(match known {
            Some(item) => ChecklistItem { text, ..item.clone() },
            None => ChecklistItem { id: new_id(), text, done_at: None, done_by: None },
        });
    }
    checks.finish()?;
    Ok(items)
}

impl Order {
    /// Marks an item as done, or not done; nothing changes where it is so already.
    ///
    /// # Errors
    /// [`Error::NotFound`] that names `item_id`; [`Error::FailedPrecondition`] `ORDER_ENDED`.
    pub fn set_item_done(&mut self, item: ChecklistItemId, done: bool, by: &Actor, at: Timestamp) -> Result<Option<OrderEvent>> {
        let index = self.checklist.iter().position(|candidate| candidate.id == item).ok_or_else(|| Error::NotFound {
            resource: "checklist item".into(),
            id: item.to_string(),
            field: "item_id".into(),
        })?;
        self.expect_open()?;
        let item = &mut self.0.checklist[index];
        if item.done_at.is_some() == done {
            return Ok(None);
        }
        item.done_at = done.then_some(at);
        item.done_by = done.then(|| by.clone());
        self.changed(at);
        Ok(Some(OrderEvent::Updated))
    }
}

#[cfg(test)]
mod tests;
