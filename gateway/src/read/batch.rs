//! A batch method of a service, as the read graph uses it.

use std::{fmt, hash::Hash, sync::Arc};

use async_trait::async_trait;
use kernel::Error;
use prost_types::FieldMask;

use crate::scope::Scope;

/// What came of one question. The error is shared by all who asked.
pub(crate) type Answer<V> = Result<V, Arc<Error>>;

/// A batch method: many questions, one call, an answer for each.
#[async_trait]
pub(crate) trait Batch: Sized + Send + Sync + 'static {
    /// A question.
    type Key: Clone + Eq + Hash + fmt::Debug + Send + Sync + 'static;
    /// Its answer; cheap to clone.
    type Value: Clone + Send + Sync + 'static;

    /// The method: its service and its name, as the client's methods are spelled.
    const METHOD: &'static str;
    /// The most questions of one call, as the contract says. More are asked by several calls at the same time.
    const LIMIT: usize;

    /// Asks all `keys`, at most [`LIMIT`](Self::LIMIT), in one call for the fields of `mask`, or all; answers them in their order.
    async fn load(scope: &Scope, keys: &[Self::Key], mask: Option<FieldMask>) -> kernel::Result<Vec<kernel::Result<Self::Value>>>;
}

/// Declares the [`Batch`] of a `BatchGet` method: things by their ids.
macro_rules! batch_by_id {
    ($(#[$doc:meta])* $name:ident: $client:ident.$method:ident($package:ident::$request:ident) -> $result:ident::$field:ident as $value:ident) => {
        $(#[$doc])*
        pub(crate) struct $name;

        #[async_trait::async_trait]
        impl $crate::read::Batch for $name {
            type Key = String;
            type Value = $value;
            const METHOD: &'static str = concat!(stringify!($client), ".", stringify!($method));
            const LIMIT: usize = contracts::read::MAX_IDS;

            async fn load(scope: &$crate::scope::Scope, keys: &[String], mask: Option<prost_types::FieldMask>) -> kernel::Result<Vec<kernel::Result<$value>>> {
                let request = scope.request($package::$request { ids: keys.to_vec(), read_mask: mask });
                let reply = scope.clients().$client.clone().$method(request).await.map_err(|status| scope.failed(&status))?;
                Ok(reply.into_inner().results.into_iter().map(|answer| match answer.result {
                    Some($package::$result::Result::$field(thing)) => Ok($value(std::sync::Arc::new(thing))),
                    Some($package::$result::Result::Error(status)) => Err(contracts::error::from_rpc_status(&status)),
                    None => Err(kernel::Error::internal("an answer without a result")),
                }).collect())
            }
        }
    };
}
pub(crate) use batch_by_id;

/// Declares the [`Batch`] of a `BatchList` method: pages of lists.
macro_rules! batch_pages {
    ($(#[$doc:meta])* $name:ident: $client:ident.$method:ident($package:ident::$request:ident { $questions:ident: $question:path }) -> $result:path { $items:ident as $value:path }) => {
        $(#[$doc])*
        pub(crate) struct $name;

        #[async_trait::async_trait]
        impl $crate::read::Batch for $name {
            type Key = $question;
            type Value = std::sync::Arc<$crate::graph::connection::Page<$value>>;
            const METHOD: &'static str = concat!(stringify!($client), ".", stringify!($method));
            const LIMIT: usize = contracts::read::MAX_LISTS;

            async fn load(scope: &$crate::scope::Scope, keys: &[Self::Key], mask: Option<prost_types::FieldMask>) -> kernel::Result<Vec<kernel::Result<Self::Value>>> {
                use $result as Outcome;
                let request = scope.request($package::$request { $questions: keys.to_vec(), read_mask: mask });
                let reply = scope.clients().$client.clone().$method(request).await.map_err(|status| scope.failed(&status))?;
                Ok(reply.into_inner().results.into_iter().zip(keys).map(|(answer, key)| match answer.result {
                    Some(Outcome::Page(page)) => Ok(std::sync::Arc::new($crate::graph::connection::Page {
                        items: page.$items.into_iter().map(|thing| $value(std::sync::Arc::new(thing))).collect(),
                        cursors: page.cursors,
                        has_next: !page.next_page_token.is_empty(),
                        has_previous: !key.page_token.is_empty(),
                    })),
                    Some(Outcome::Error(status)) => Err(contracts::error::from_rpc_status(&status)),
                    None => Err(kernel::Error::internal("an answer without a result")),
                }).collect())
            }
        }
    };
}
pub(crate) use batch_pages;

/// Declares the [`Batch`] of a `Search` method. A call answers one question: several are asked at the same time.
/// What is found is kept as a page without cursors.
macro_rules! batch_search {
    ($(#[$doc:meta])* $name:ident: $client:ident.$method:ident($question:path) -> $items:ident as $value:path) => {
        $(#[$doc])*
        pub(crate) struct $name;

        #[async_trait::async_trait]
        impl $crate::read::Batch for $name {
            type Key = $question;
            type Value = std::sync::Arc<$crate::graph::connection::Page<$value>>;
            const METHOD: &'static str = concat!(stringify!($client), ".", stringify!($method));
            const LIMIT: usize = 1;

            async fn load(scope: &$crate::scope::Scope, keys: &[Self::Key], mask: Option<prost_types::FieldMask>) -> kernel::Result<Vec<kernel::Result<Self::Value>>> {
                let mut answers = Vec::with_capacity(keys.len());
                for key in keys {
                    let mut question = key.clone();
                    question.read_mask = mask.clone();
                    let request = scope.request(question);
                    let reply = scope.clients().$client.clone().$method(request).await.map_err(|status| scope.failed(&status))?;
                    let found = reply.into_inner();
                    answers.push(Ok(std::sync::Arc::new($crate::graph::connection::Page {
                        items: found.$items.into_iter().map(|thing| $value(std::sync::Arc::new(thing))).collect(),
                        cursors: Vec::new(),
                        has_next: found.more,
                        has_previous: false,
                    })));
                }
                Ok(answers)
            }
        }
    };
}
pub(crate) use batch_search;
