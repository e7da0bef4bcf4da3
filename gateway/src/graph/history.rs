//! Histories: what changed, from what, to what, who, when.

use async_graphql::Enum;
use bytes::Bytes;
use contracts::{
    crm::api::v1,
    view::{Str, crm::api::v1 as view},
};

use super::{
    actor::Actor,
    enumeration::leaf_of_enumeration,
    id::{GlobalId, Kind},
    name,
    part::part,
    scalar::Moment,
};
use crate::read::object;

pub(crate) use v1::HistoryQuery;

/// The question for a page of the history of `entity_id`.
pub(crate) fn question(entity_id: &str, first: Option<i32>, after: Option<String>) -> v1::HistoryQuery {
    v1::HistoryQuery { entity_id: entity_id.to_owned(), page_size: first, page_token: after.unwrap_or_default() }
}

/// One change of one thing: what changed, from what, to what, who, when.
#[derive(Clone)]
pub(crate) struct HistoryEntry(pub(crate) view::HistoryEntry<Bytes>);

/// One change of one thing: what changed, from what, to what, who, when.
#[object]
impl HistoryEntry {
    /// The entry's id.
    fn id(&self) -> GlobalId<'_> {
        Kind::History.of(self.0.id())
    }

    /// The thing's version after the change.
    fn version(&self) -> u64 {
        self.0.version()
    }

    /// When it happened.
    fn occurred_at(&self) -> Option<Moment> {
        Moment::read(self.0.occurred_at())
    }

    /// Who did it.
    fn actor(&self) -> Actor<'_> {
        Actor::of(self.0.actor())
    }

    /// What was done.
    fn action(&self) -> HistoryAction {
        match self.0.action() {
            v1::HistoryAction::Created => HistoryAction::Created,
            v1::HistoryAction::Deleted => HistoryAction::Deleted,
            v1::HistoryAction::Updated | v1::HistoryAction::Unspecified => HistoryAction::Updated,
        }
    }

    /// The fields that changed.
    fn changes(&self) -> Vec<FieldChange<'_>> {
        self.0.changes().map(Into::into).collect()
    }
}

/// What was done to a thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub(crate) enum HistoryAction {
    /// It was created.
    Created,
    /// It was changed.
    Updated,
    /// It was deleted.
    Deleted,
}

leaf_of_enumeration!(HistoryAction);

part! {
    /// The change of one field.
    FieldChange = view::FieldChange
}

/// The change of one field.
#[object]
impl FieldChange<'_> {
    /// The field's path, such as `address.city`.
    fn field(&self) -> String {
        name::camel(self.0.field().as_str())
    }

    /// The value before; null where there was none.
    fn from(&self) -> Option<Str<'_>> {
        self.0.from()
    }

    /// The value after; null where there is none.
    fn to(&self) -> Option<Str<'_>> {
        self.0.to()
    }
}
