//! A batch method of a service, as the read graph uses it.

use std::{fmt, hash::Hash, sync::Arc};

use async_trait::async_trait;
use kernel::{Error, PageSize};
use prost_types::FieldMask;

use super::{Object, Reads};
use crate::{
    cache::{Cache, Known, Table},
    scope::Scope,
};

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

    /// The answers to `keys`, at most [`LIMIT`](Self::LIMIT), in their order: asked for, or known.
    async fn answers(scope: &Scope, keys: &[Self::Key], reads: Option<Reads>) -> Vec<Answer<Self::Value>> {
        call::<Self>(scope, keys, reads).await
    }

    /// Asks all `keys`, at most [`LIMIT`](Self::LIMIT), in one call for the fields that are read, or all; answers them in their order.
    async fn load(scope: &Scope, keys: &[Self::Key], reads: Option<Reads>) -> kernel::Result<Vec<Answer<Self::Value>>>;
}

/// Makes one call and gives an answer for each key, in their order, whatever happens.
pub(crate) async fn call<B: Batch>(scope: &Scope, keys: &[B::Key], reads: Option<Reads>) -> Vec<Answer<B::Value>> {
    match B::load(scope, keys, reads).await {
        Ok(answers) if answers.len() == keys.len() => answers,
        Ok(_) => repeat(&Arc::new(Error::internal("a batch method gave another number of answers than questions")), keys.len()),
        Err(error) => repeat(&Arc::new(error), keys.len()),
    }
}

/// The answers to `keys` in their order, as far as a table of the cache has them; what is missing is asked for, with the fields `also`.
/// Nothing is known of questions for fields that are `untold`, which change without an event.
pub(crate) async fn known<B: Batch>(
    scope: &Scope,
    table: impl FnOnce(&Cache) -> &Table<B::Key, B::Value>,
    (untold, also): (u64, u64),
    keys: &[B::Key],
    reads: Option<Reads>,
) -> Vec<Answer<B::Value>>
where
    B::Value: Known,
{
    match (scope.cache(), reads) {
        (Some((cache, viewer)), Some(reads)) if !reads.has_any(untold) => {
            let reads = reads.with(also);
            let ask = async |keys: Vec<_>| call::<B>(scope, &keys, Some(reads)).await;
            table(cache).answers(viewer, reads, keys, ask).await
        }
        _ => call::<B>(scope, keys, reads).await,
    }
}

fn repeat<V>(error: &Arc<Error>, times: usize) -> Vec<Answer<V>> {
    (0..times).map(|_| Err(error.clone())).collect()
}

/// The identifier of a thing, whatever its kind.
pub(crate) type EntityId = kernel::Id<()>;

/// The answer to each of `keys`, as it is read among those that a service gave, which say what they are of.
pub(crate) fn by_key<A, V>(
    keys: &[EntityId],
    mut answers: impl Iterator<Item = (Option<EntityId>, A)>,
    read: impl Fn(A) -> Answer<V>,
) -> Vec<Answer<V>> {
    // Most often they come in the order of the questions; those that came before theirs wait here.
    let mut early: Vec<(Option<EntityId>, A)> = Vec::new();
    let answer = |key: &EntityId| {
        if let Some(place) = early.iter().position(|(id, _)| *id == Some(*key)) {
            return read(early.swap_remove(place).1);
        }
        for (id, answer) in answers.by_ref() {
            if id == Some(*key) {
                return read(answer);
            }
            early.push((id, answer));
        }
        Err(Arc::new(Error::internal("a batch method did not answer a question")))
    };
    keys.iter().map(answer).collect()
}

/// Declares the [`Batch`] of a `BatchGet` method: things by their ids, kept in that table of the [cache](crate::cache) but where a field
/// is read that changes without an event.
macro_rules! batch_by_id {
    ($(#[$doc:meta])* $name:ident: $client:ident.$method:ident($package:ident::$request:ident) -> $field:ident as $value:ident
        in $table:ident $(but $($untold:ident),+)?) => {
        $(#[$doc])*
        pub(crate) struct $name;

        #[async_trait::async_trait]
        impl $crate::read::Batch for $name {
            type Key = $crate::read::EntityId;
            type Value = $value;
            const METHOD: &'static str = concat!(stringify!($client), ".", stringify!($method));
            const LIMIT: usize = contracts::read::MAX_IDS;

            async fn answers(scope: &$crate::scope::Scope, keys: &[Self::Key], reads: Option<$crate::read::Reads>) -> Vec<$crate::read::Answer<$value>> {
                const VERSION: u64 = contracts::mask::Mask::<$package::$value>::bits("version");
                $crate::read::known::<Self>(scope, |cache| &cache.$table.things, ($value::UNTOLD, VERSION), keys, reads).await
            }

            async fn load(scope: &$crate::scope::Scope, keys: &[Self::Key], reads: Option<$crate::read::Reads>) -> kernel::Result<Vec<$crate::read::Answer<$value>>> {
                let rest = $package::$request { read_mask: $crate::read::mask_of::<$value>(reads), ..Default::default() };
                let request = scope.request(contracts::view::Framed::asking_ids(keys, &rest));
                let reply = scope.clients().queries.$client.$method(request).await.map_err(|status| scope.failed(&status))?;
                let answers = reply.results().map(|answer| ($crate::read::EntityId::from_ascii(answer.id().as_bytes()).ok(), answer));
                Ok($crate::read::by_key(keys, answers, |answer| match (answer.$field(), answer.error()) {
                    (Some(thing), _) => Ok($value(thing.held(|bytes| reply.bytes().slice_ref(bytes)))),
                    (None, status) => Err($crate::read::refusal(status)),
                }))
            }
        }

        impl $value {
            /// The fields that change without an event.
            const UNTOLD: u64 = 0 $($(| contracts::mask::Mask::<$package::$value>::bits(stringify!($untold)))+)?;
        }

        impl $crate::read::Form<$value> for $value {
            fn of(answer: Self) -> Self {
                answer
            }

            fn look<R>(answer: &Self, look: impl FnOnce(&Self) -> R) -> R {
                look(answer)
            }
        }

        impl $crate::cache::Known for $value {
            fn version(&self) -> u64 {
                self.0.version()
            }

            fn compact(&self) -> Self {
                Self(self.0.clone().held(|bytes| bytes::Bytes::copy_from_slice(&bytes)))
            }
        }
    };
}
pub(crate) use batch_by_id;

/// The mask of a call for things that are shown as `O`.
pub(crate) fn mask_of<O: Object>(reads: Option<Reads>) -> Option<FieldMask> {
    const { assert!(O::PATHS.len() < 64, "the last bit of what is read stands for cursors") }
    reads.map(|reads| reads.mask(O::PATHS))
}

/// The items of a page that was asked to have so many at most.
pub(crate) fn collected<T>(size: Option<i32>, items: impl Iterator<Item = T>) -> Vec<T> {
    let size = size.unwrap_or_default().clamp(0, PageSize::MAX);
    let mut collected = Vec::with_capacity(usize::try_from(size).unwrap_or_default());
    collected.extend(items);
    collected
}

/// Why there is no answer to one question.
pub(crate) fn refusal(status: Option<&[u8]>) -> Arc<Error> {
    Arc::new(status.map_or_else(|| Error::internal("an answer without a result"), contracts::error::from_rpc_status_bytes))
}

/// Declares the [`Batch`] of a `BatchList` method: pages of lists, kept in that table of the [cache](crate::cache), or in none.
macro_rules! batch_pages {
    ($(#[$doc:meta])* $name:ident: $client:ident.$method:ident($package:ident::$request:ident { $questions:ident: $question:path }) -> $items:ident as $value:path
        $(, in $table:ident)?) => {
        $(#[$doc])*
        pub(crate) struct $name;

        #[async_trait::async_trait]
        impl $crate::read::Batch for $name {
            type Key = $question;
            type Value = std::sync::Arc<$crate::graph::connection::Page<$value>>;
            const METHOD: &'static str = concat!(stringify!($client), ".", stringify!($method));
            const LIMIT: usize = contracts::read::MAX_LISTS;

            $(async fn answers(scope: &$crate::scope::Scope, keys: &[Self::Key], reads: Option<$crate::read::Reads>) -> Vec<$crate::read::Answer<Self::Value>> {
                $crate::read::known::<Self>(scope, |cache| &cache.$table.pages, (<$value>::UNTOLD, 0), keys, reads).await
            })?

            async fn load(scope: &$crate::scope::Scope, keys: &[Self::Key], reads: Option<$crate::read::Reads>) -> kernel::Result<Vec<$crate::read::Answer<Self::Value>>> {
                let rest = $crate::read::listed!($package::$request { $questions }, $value, reads);
                let request = scope.request(contracts::view::Framed::asking(keys, &rest));
                let reply = scope.clients().queries.$client.$method(request).await.map_err(|status| scope.failed(&status))?;
                let whole = reply.bytes();
                Ok(reply.results().zip(keys).map(|(answer, key)| match (answer.page(), answer.error()) {
                    (Some(page), _) => Ok(std::sync::Arc::new($crate::graph::connection::Page {
                        items: $crate::read::collected(key.page_size, page.$items().map(|thing| $value(thing.held(|bytes| whole.slice_ref(bytes))))),
                        cursors: page.cursors().within(whole),
                        has_next: !page.next_page_token().is_empty(),
                        has_previous: !key.page_token.is_empty(),
                    })),
                    (None, status) => Err($crate::read::refusal(status)),
                }).collect())
            }
        }
    };
}
pub(crate) use batch_pages;

/// A request for pages, without its questions; those of histories are always whole.
macro_rules! listed {
    ($package:ident::$request:ident { queries }, $value:path, $reads:ident) => {{
        let _ = $reads;
        $package::$request::default()
    }};
    ($package:ident::$request:ident { requests }, $value:path, $reads:ident) => {
        $package::$request {
            read_mask: $crate::read::mask_of::<$value>($reads),
            omit_cursors: $reads.is_some_and(|reads| !reads.has_any($crate::read::Reads::CURSORS)),
            ..Default::default()
        }
    };
}
pub(crate) use listed;

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

            async fn load(scope: &$crate::scope::Scope, keys: &[Self::Key], reads: Option<$crate::read::Reads>) -> kernel::Result<Vec<$crate::read::Answer<Self::Value>>> {
                let mut answers = Vec::with_capacity(keys.len());
                for key in keys {
                    let mut question = key.clone();
                    question.read_mask = $crate::read::mask_of::<$value>(reads);
                    let request = scope.request(contracts::view::Framed::new(&question));
                    let found = scope.clients().queries.$client.$method(request).await.map_err(|status| scope.failed(&status))?;
                    answers.push(Ok(std::sync::Arc::new($crate::graph::connection::Page {
                        items: found.$items().map(|thing| $value(thing.held(|bytes| found.bytes().slice_ref(bytes)))).collect(),
                        cursors: contracts::view::wire::HeldTexts::default(),
                        has_next: found.more(),
                        has_previous: false,
                    })));
                }
                Ok(answers)
            }
        }
    };
}
pub(crate) use batch_search;
