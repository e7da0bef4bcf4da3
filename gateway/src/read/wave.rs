//! The walk over a query, level by level, and what was loaded for it.

use std::{
    any::{Any, TypeId},
    sync::Arc,
};

use foldhash::fast::RandomState;
use futures::future::{BoxFuture, FutureExt as _, join_all};
use indexmap::IndexMap;

use super::{Answer, Batch, Masks, Reads};
use crate::scope::Scope;

/// What has been loaded for a request, and what the next level of its query wants.
pub(crate) struct Wave<'s>(Shelves<'s>);

impl<'s> Wave<'s> {
    pub(super) fn new(scope: &'s Scope, masks: &'s Masks) -> Self {
        Self(Shelves { scope, masks, shelves: Vec::new() })
    }

    /// The request's scope.
    pub(crate) fn scope(&self) -> &'s Scope {
        self.0.scope
    }

    /// Asks `key` of the batch method `B`; a visitor will see the answer.
    pub(super) fn want<B: Batch, V: Visit<B> + 'static>(&mut self, key: &B::Key, visitor: Option<&Arc<V>>) {
        self.0.shelf_mut::<B>().want(key, visitor);
    }

    /// Loads this level and all below it. Ends because each level stands one deeper in the query.
    pub(super) async fn run(mut self) -> Shelves<'s> {
        for level in 0.. {
            let (scope, masks) = (self.0.scope, self.0.masks);
            let loading: Vec<_> = self.0.shelves.iter_mut().filter_map(|(_, shelf)| shelf.load(scope, masks, level)).collect();
            let any = !loading.is_empty();
            join_all(loading).await;
            let visits: Vec<_> = self.0.shelves.iter_mut().filter_map(|(_, shelf)| shelf.visits()).collect();
            if !any && visits.is_empty() {
                break;
            }
            visits.into_iter().for_each(|visit| visit(&mut self));
        }
        self.0
    }
}

/// What was loaded, a shelf for each batch method that was used.
pub(crate) struct Shelves<'s> {
    scope: &'s Scope,
    masks: &'s Masks,
    /// There are few: looking through them is the fastest way.
    shelves: Vec<(TypeId, Box<dyn AnyShelf>)>,
}

impl<'s> Shelves<'s> {
    pub(super) fn scope(&self) -> &'s Scope {
        self.scope
    }

    /// The answer to `key`, where it was asked, and its place on the shelf.
    pub(super) fn answer<B: Batch>(&self, key: &B::Key) -> Option<(usize, &Answer<B::Value>)> {
        let (_, shelf) = self.shelves.iter().find(|(batch, _)| *batch == TypeId::of::<B>())?;
        let shelf = shelf.as_any().downcast_ref::<Shelf<B>>()?;
        let place = shelf.keys.get_index_of(key)?;
        Some((place, shelf.answers.get(place)?))
    }

    fn shelf_mut<B: Batch>(&mut self) -> &mut Shelf<B> {
        let batch = TypeId::of::<B>();
        let place = self.shelves.iter().position(|(other, _)| *other == batch).unwrap_or_else(|| {
            self.shelves.push((batch, Box::new(Shelf::<B>::default())));
            self.shelves.len() - 1
        });
        let shelf = self.shelves[place].1.as_any_mut().downcast_mut();
        #[expect(clippy::unreachable, reason = "the shelf under a batch's TypeId was put there as that batch's")]
        shelf.unwrap_or_else(|| unreachable!("a shelf of another type"))
    }
}

/// Who wants to know an answer, because what was selected on it may want more.
pub(super) trait Visit<B: Batch>: Send + Sync {
    fn arrived(&self, answer: B::Value, wave: &mut Wave<'_>);
}

/// The questions to one batch method in the order in which they came up, and the answers to the first of them.
struct Shelf<B: Batch> {
    keys: IndexMap<B::Key, (), RandomState>,
    answers: Vec<Answer<B::Value>>,
    /// Who visits which answers.
    visits: Vec<(Arc<dyn Visit<B>>, Vec<usize>)>,
}

impl<B: Batch> Default for Shelf<B> {
    fn default() -> Self {
        Self { keys: IndexMap::default(), answers: Vec::new(), visits: Vec::new() }
    }
}

impl<B: Batch> Shelf<B> {
    fn want<V: Visit<B> + 'static>(&mut self, key: &B::Key, visitor: Option<&Arc<V>>) {
        let index = match self.keys.get_index_of(key) {
            Some(index) => index,
            None => self.keys.insert_full(key.clone(), ()).0,
        };
        let Some(visitor) = visitor else { return };
        let visits = match self.visits.iter_mut().find(|(known, _)| std::ptr::addr_eq(Arc::as_ptr(known), Arc::as_ptr(visitor))) {
            Some((_, visits)) => visits,
            None => &mut self.visits.push_mut((visitor.clone(), Vec::new())).1,
        };
        visits.push(index);
    }
}

type Visiting = Box<dyn FnOnce(&mut Wave<'_>) + Send>;

trait AnyShelf: Send + Sync {
    /// Loads what is wanted; `None` where nothing is.
    fn load<'a>(&'a mut self, scope: &'a Scope, masks: &Masks, level: usize) -> Option<BoxFuture<'a, ()>>;
    /// What is to be done with what has arrived.
    fn visits(&mut self) -> Option<Visiting>;
    fn as_any(&self) -> &dyn Any;
    fn as_any_mut(&mut self) -> &mut dyn Any;
}

impl<B: Batch> AnyShelf for Shelf<B> {
    fn load<'a>(&'a mut self, scope: &'a Scope, masks: &Masks, level: usize) -> Option<BoxFuture<'a, ()>> {
        let wanted: Vec<B::Key> = self.keys.keys().skip(self.answers.len()).cloned().collect();
        if wanted.is_empty() {
            return None;
        }
        let reads = masks.of::<B>(level);
        Some(async move { self.answers.extend(load::<B>(scope, &wanted, Some(reads)).await) }.boxed())
    }

    fn visits(&mut self) -> Option<Visiting> {
        if self.visits.is_empty() {
            return None;
        }
        let mut visits = Vec::new();
        for (visitor, mut indices) in std::mem::take(&mut self.visits) {
            indices.sort_unstable();
            indices.dedup();
            let answers: Vec<B::Value> = indices.into_iter().filter_map(|index| self.answers.get(index)?.as_ref().ok().cloned()).collect();
            visits.push((visitor, answers));
        }
        Some(Box::new(move |wave| {
            for (visitor, answers) in visits {
                answers.into_iter().for_each(|answer| visitor.arrived(answer, wave));
            }
        }))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }
}

/// Makes at most one call for `keys` (several at the same time where they are more than one takes) and gives an answer for each,
/// in their order, whatever happens.
pub(super) async fn load<B: Batch>(scope: &Scope, keys: &[B::Key], reads: Option<Reads>) -> Vec<Answer<B::Value>> {
    let calls = keys.chunks(B::LIMIT).map(|keys| B::answers(scope, keys, reads));
    join_all(calls).await.into_iter().flatten().collect()
}
