//! What changed, from what, to what, by whom, when.

use kernel::{Actor, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};
use uuid::Uuid;

use crate::document::{Collection, Document, Index};

mod diff;

pub(crate) use diff::diff;

/// Where entries are kept; every store has it.
pub static HISTORY: Collection = Collection {
    name: "history",
    indexes: &[Index { name: "by_entity", fields: &["entity_id", "version"], unique: false }],
    history: None,
    unaudited: &[],
};

/// One change of one entity. Read them with
/// `Query::by("version").eq("entity_id", id)`, either direction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryEntry {
    /// The entry's own identifier, derived from what it tells of.
    pub id: Uuid,
    /// The kind of entity: [`Collection::history`].
    pub entity: String,
    /// The entity.
    pub entity_id: Uuid,
    /// The entity's version after the change; for a deletion one more than its last.
    pub version: u64,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: Actor,
    /// What was done.
    pub action: Action,
    /// What is different after it, in the order of the field names.
    pub changes: Vec<FieldChange>,
}

/// What was done to an entity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Action {
    /// It was made.
    Created,
    /// It was changed.
    Updated,
    /// It was removed.
    Deleted,
}

/// One field that is different. Text stands as it is, anything else as compact JSON; `None` is nothing: null, missing,
/// an empty list or object. Both are `None` where the values were forgotten ([`Transaction::forget`](crate::Transaction::forget)).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldChange {
    /// The path: `status`, `address.city`, `assignments[0].employee_id`. An index is that of the list after the change,
    /// or of the list before it for an element that was removed.
    pub field: String,
    /// What it was.
    pub from: Option<String>,
    /// What it is now.
    pub to: Option<String>,
}

/// Removes the values from a stored entry: its changes tell the fields only.
pub(crate) fn forget_values(entry: &mut Map<String, Json>) {
    let changes = entry.get_mut("changes").and_then(Json::as_array_mut);
    for change in changes.into_iter().flatten().filter_map(Json::as_object_mut) {
        change.insert("from".to_owned(), Json::Null);
        change.insert("to".to_owned(), Json::Null);
    }
}

impl Document for HistoryEntry {
    const COLLECTION: &'static Collection = &HISTORY;

    fn id(&self) -> Uuid {
        self.id
    }

    /// Entries never change.
    fn version(&self) -> u64 {
        1
    }
}
