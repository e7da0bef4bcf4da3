//! Histories: what changed, from what, to what, who, when.

use std::sync::Arc;

use async_graphql::Enum;
use contracts::crm::api::v1;

use super::{
    actor::Actor,
    enumeration::leaf_of_enumeration,
    id::{GlobalId, Kind},
    name,
    part::part,
    scalar::DateTime,
};
use crate::read::object;

/// Declares the batch method of a service that answers with pages of history.
macro_rules! batch_history {
    ($name:ident: $client:ident.$method:ident($package:ident::$request:ident)) => {
        /// The history of things of one service.
        pub(crate) struct $name;

        #[async_trait::async_trait]
        impl $crate::read::Batch for $name {
            type Key = contracts::crm::api::v1::HistoryQuery;
            type Value = std::sync::Arc<$crate::graph::connection::Page<$crate::graph::history::HistoryEntry>>;
            const METHOD: &'static str = concat!(stringify!($client), ".", stringify!($method));
            const LIMIT: usize = contracts::read::MAX_LISTS;

            async fn load(
                scope: &$crate::scope::Scope,
                keys: &[Self::Key],
                _: Option<prost_types::FieldMask>,
            ) -> kernel::Result<Vec<kernel::Result<Self::Value>>> {
                let request = scope.request($package::$request { queries: keys.to_vec() });
                let reply = scope.clients().$client.clone().$method(request).await.map_err(|status| scope.failed(&status))?;
                Ok(reply
                    .into_inner()
                    .results
                    .into_iter()
                    .zip(keys)
                    .map(|(answer, key)| $crate::graph::history::page(answer, key))
                    .collect())
            }
        }
    };
}
pub(crate) use batch_history;

/// The page in an answer.
pub(crate) fn page(answer: v1::HistoryResult, query: &v1::HistoryQuery) -> kernel::Result<Arc<super::connection::Page<HistoryEntry>>> {
    match answer.result {
        Some(v1::history_result::Result::Page(page)) => Ok(Arc::new(super::connection::Page {
            items: page.entries.into_iter().map(|entry| HistoryEntry(Arc::new(entry))).collect(),
            cursors: page.cursors,
            has_next: !page.next_page_token.is_empty(),
            has_previous: !query.page_token.is_empty(),
        })),
        Some(v1::history_result::Result::Error(status)) => Err(contracts::error::from_rpc_status(&status)),
        None => Err(kernel::Error::internal("an answer without a result")),
    }
}

/// The question for a page of the history of `entity_id`.
pub(crate) fn question(entity_id: &str, first: Option<i32>, after: Option<String>) -> v1::HistoryQuery {
    v1::HistoryQuery { entity_id: entity_id.to_owned(), page_size: first, page_token: after.unwrap_or_default() }
}

/// One change of one thing: what changed, from what, to what, who, when.
#[derive(Clone)]
pub(crate) struct HistoryEntry(Arc<v1::HistoryEntry>);

/// One change of one thing: what changed, from what, to what, who, when.
#[object]
impl HistoryEntry {
    /// The entry's id.
    fn id(&self) -> GlobalId<'_> {
        Kind::History.of(&self.0.id)
    }

    /// The thing's version after the change.
    fn version(&self) -> u64 {
        self.0.version
    }

    /// When it happened.
    fn occurred_at(&self) -> Option<DateTime> {
        DateTime::read(self.0.occurred_at.as_ref())
    }

    /// Who did it.
    fn actor(&self) -> Actor<'_> {
        Actor::of(self.0.actor.as_ref())
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
        self.0.changes.iter().map(Into::into).collect()
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
    FieldChange = v1::FieldChange
}

/// The change of one field.
#[object]
impl FieldChange<'_> {
    /// The field's path, such as `address.city`.
    fn field(&self) -> String {
        name::camel(&self.0.field)
    }

    /// The value before; null where there was none.
    fn from(&self) -> Option<&str> {
        self.0.from.as_deref()
    }

    /// The value after; null where there is none.
    fn to(&self) -> Option<&str> {
        self.0.to.as_deref()
    }
}
