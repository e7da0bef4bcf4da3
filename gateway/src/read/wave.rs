//! The walk over a query, level by level, and what was loaded for it.

use std::{
    any::{Any, TypeId},
    hash::BuildHasher as _,
    sync::Arc,
};

use foldhash::fast::RandomState;
use futures::future::{BoxFuture, FutureExt as _, join_all};
use hashbrown::HashTable;

use super::{
    Answer, Batch, Masks, Reads,
    notes::{Note, Notes},
};
use crate::scope::Scope;

/// What has been loaded for a request, and what the next level of its query wants.
pub(crate) struct Wave<'s> {
    shelves: Shelves<'s>,
    notes: Notes,
}

impl<'s> Wave<'s> {
    pub(super) fn new(scope: &'s Scope, masks: &'s Masks) -> Self {
        Self { shelves: Shelves { scope, masks, shelves: Vec::new() }, notes: Notes::default() }
    }

    /// The request's scope.
    pub(crate) fn scope(&self) -> &'s Scope {
        self.shelves.scope
    }

    /// Asks `key` of the batch method `B`; a visitor will see the answer. Tells its place on its shelf.
    pub(super) fn want<B: Batch, V: Visit<B> + 'static>(&mut self, key: &B::Key, visitor: Option<&Arc<V>>) -> usize {
        self.shelves.shelf_mut::<B>().want(key, visitor)
    }

    /// Notes what has become of a field, for its writing.
    pub(super) fn note(&mut self, note: Note) {
        self.notes.add(note);
    }

    /// Loads this level and all below it. Ends because each level stands one deeper in the query.
    pub(super) async fn run(mut self) -> (Shelves<'s>, Notes) {
        for level in 0.. {
            let Shelves { scope, masks, shelves } = &mut self.shelves;
            let loading: Vec<_> = shelves.iter_mut().filter_map(|(_, shelf)| shelf.load(scope, masks, level)).collect();
            let any = !loading.is_empty();
            join_all(loading).await;
            let visits: Vec<_> = shelves.iter_mut().filter_map(|(_, shelf)| shelf.visits()).collect();
            if !any && visits.is_empty() {
                break;
            }
            visits.into_iter().for_each(|visit| visit(&mut self));
        }
        (self.shelves, self.notes)
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

    /// The answer at that place of its shelf.
    pub(super) fn answer<B: Batch>(&self, place: usize) -> Option<&Answer<B::Value>> {
        let (_, shelf) = self.shelves.iter().find(|(batch, _)| *batch == TypeId::of::<B>())?;
        shelf.as_any().downcast_ref::<Shelf<B>>()?.answers.get(place)
    }

    /// How many answers there are.
    pub(super) fn count(&self) -> usize {
        self.shelves.iter().map(|(_, shelf)| shelf.count()).sum()
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
    fn arrived(&self, answer: &B::Value, wave: &mut Wave<'_>);
}

/// So many questions make no shelf grow.
const MANY: usize = 56;

/// The questions to one batch method in the order in which they came up, and the answers to the first of them.
struct Shelf<B: Batch> {
    keys: Vec<B::Key>,
    /// The places of the keys.
    places: HashTable<usize>,
    hasher: RandomState,
    answers: Vec<Answer<B::Value>>,
    /// Who visits which answers.
    visits: Vec<(Arc<dyn Visit<B>>, Vec<usize>)>,
}

impl<B: Batch> Default for Shelf<B> {
    fn default() -> Self {
        let (keys, places) = (Vec::with_capacity(MANY), HashTable::with_capacity(MANY));
        Self { keys, places, hasher: RandomState::default(), answers: Vec::new(), visits: Vec::new() }
    }
}

impl<B: Batch> Shelf<B> {
    fn want<V: Visit<B> + 'static>(&mut self, key: &B::Key, visitor: Option<&Arc<V>>) -> usize {
        let place = self.place(key);
        let Some(visitor) = visitor else { return place };
        let visits = match self.visits.iter_mut().find(|(known, _)| std::ptr::addr_eq(Arc::as_ptr(known), Arc::as_ptr(visitor))) {
            Some((_, visits)) => visits,
            None => &mut self.visits.push_mut((visitor.clone(), Vec::new())).1,
        };
        visits.push(place);
        place
    }

    /// The place of the key, which it is given where it has none yet.
    fn place(&mut self, key: &B::Key) -> usize {
        let Self { keys, places, hasher, .. } = self;
        let entry = places.entry(hasher.hash_one(key), |place| keys[*place] == *key, |place| hasher.hash_one(&keys[*place]));
        let place = *entry.or_insert(keys.len()).get();
        if place == keys.len() {
            keys.push(key.clone());
        }
        place
    }
}

type Visiting = Box<dyn FnOnce(&mut Wave<'_>) + Send>;

trait AnyShelf: Send + Sync {
    /// Loads what is wanted; `None` where nothing is.
    fn load<'a>(&'a mut self, scope: &'a Scope, masks: &Masks, level: usize) -> Option<BoxFuture<'a, ()>>;
    /// What is to be done with what has arrived.
    fn visits(&mut self) -> Option<Visiting>;
    /// How many answers there are.
    fn count(&self) -> usize;
    fn as_any(&self) -> &dyn Any;
    fn as_any_mut(&mut self) -> &mut dyn Any;
}

impl<B: Batch> AnyShelf for Shelf<B> {
    fn load<'a>(&'a mut self, scope: &'a Scope, masks: &Masks, level: usize) -> Option<BoxFuture<'a, ()>> {
        let Self { keys, answers, .. } = self;
        let wanted = &keys[answers.len()..];
        if wanted.is_empty() {
            return None;
        }
        let reads = masks.of::<B>(level);
        Some(async move { answers.extend(load::<B>(scope, wanted, Some(reads)).await) }.boxed())
    }

    fn visits(&mut self) -> Option<Visiting> {
        if self.visits.is_empty() {
            return None;
        }
        let visits = std::mem::take(&mut self.visits);
        let answers = std::mem::take(&mut self.answers);
        Some(Box::new(move |wave| {
            for (visitor, mut places) in visits {
                places.sort_unstable();
                places.dedup();
                wave.notes.reserve(places.len());
                for place in places {
                    if let Some(Ok(answer)) = answers.get(place) {
                        wave.notes.begin(Arc::as_ptr(&visitor).addr(), place);
                        visitor.arrived(answer, wave);
                    }
                }
            }
            wave.shelves.shelf_mut::<B>().answers = answers;
        }))
    }

    fn count(&self) -> usize {
        self.answers.len()
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
    if keys.len() <= B::LIMIT {
        return B::answers(scope, keys, reads).await;
    }
    let calls = keys.chunks(B::LIMIT).map(|keys| B::answers(scope, keys, reads));
    join_all(calls).await.into_iter().flatten().collect()
}
