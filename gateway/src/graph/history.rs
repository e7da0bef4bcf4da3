//! Histories: what changed, from what, to what, who, when.

use std::sync::Arc;

use async_graphql::{Enum, ID, Object, SimpleObject};
use contracts::crm::api::v1;

use super::{actor::Actor, id::Kind, name, scalar::DateTime};
use crate::read::{Expand, Plan, Selected, Selection};

/// Declares the batch method of a service that answers with pages of history.
macro_rules! batch_history {
    ($name:ident: $client:ident.$method:ident($package:ident::$request:ident)) => {
        /// The history of things of one service.
        pub(crate) struct $name;

        #[async_trait::async_trait]
        impl $crate::read::Batch for $name {
            type Key = contracts::crm::api::v1::HistoryQuery;
            type Value = std::sync::Arc<$crate::graph::connection::Page<$crate::graph::history::HistoryEntry>>;
            const LIMIT: usize = contracts::read::MAX_LISTS;

            async fn load(scope: &$crate::scope::Scope, keys: &[Self::Key]) -> kernel::Result<Vec<kernel::Result<Self::Value>>> {
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

/// The question that a selected `history` field asks; `None` where its arguments can't be read.
pub(crate) fn planned(entity_id: &str, field: &Selected) -> Option<v1::HistoryQuery> {
    Some(question(entity_id, field.argument("first")?, field.argument("after")?))
}

/// One change of one thing: what changed, from what, to what, who, when.
#[derive(Clone)]
pub(crate) struct HistoryEntry(Arc<v1::HistoryEntry>);

impl Expand for HistoryEntry {
    fn expand(&self, selection: &Selection, plan: &mut Plan) {
        Actor::of(self.0.actor.as_ref()).expand_as("actor", "HistoryEntry", selection, plan);
    }
}

/// One change of one thing: what changed, from what, to what, who, when.
#[Object]
impl HistoryEntry {
    /// The entry's id.
    async fn id(&self) -> ID {
        Kind::History.global(&self.0.id)
    }

    /// The thing's version after the change.
    async fn version(&self) -> u64 {
        self.0.version
    }

    /// When it happened.
    async fn occurred_at(&self) -> Option<DateTime> {
        DateTime::read(self.0.occurred_at.as_ref())
    }

    /// Who did it.
    async fn actor(&self) -> Actor {
        Actor::of(self.0.actor.as_ref())
    }

    /// What was done.
    async fn action(&self) -> HistoryAction {
        match self.0.action() {
            v1::HistoryAction::Created => HistoryAction::Created,
            v1::HistoryAction::Deleted => HistoryAction::Deleted,
            v1::HistoryAction::Updated | v1::HistoryAction::Unspecified => HistoryAction::Updated,
        }
    }

    /// The fields that changed.
    async fn changes(&self) -> Vec<FieldChange> {
        let change =
            |change: &v1::FieldChange| FieldChange { field: name::camel(&change.field), from: change.from.clone(), to: change.to.clone() };
        self.0.changes.iter().map(change).collect()
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

/// The change of one field.
#[derive(SimpleObject)]
pub(crate) struct FieldChange {
    /// The field's path, such as `address.city`.
    field: String,
    /// The value before; null where there was none.
    from: Option<String>,
    /// The value after; null where there is none.
    to: Option<String>,
}
