//! What has been loaded for a request, and what is wanted next.

use std::{
    any::{Any, TypeId},
    collections::{HashMap, HashSet, hash_map::Entry},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures::future::{BoxFuture, FutureExt as _, join_all};
use kernel::Error;

use super::{Answer, Batch};
use crate::scope::Scope;

/// The shelves of a request, one for each batch method that it uses.
#[derive(Default)]
pub(crate) struct Shelves(Mutex<HashMap<TypeId, Arc<dyn AnyShelf>>>);

impl Shelves {
    /// The shelf of a batch method.
    pub(crate) fn of<B: Batch>(&self) -> Arc<Shelf<B>> {
        let mut shelves = lock(&self.0);
        let shelf = shelves.entry(TypeId::of::<B>()).or_insert_with(|| Arc::new(Shelf::<B>::default())).clone();
        drop(shelves);
        #[expect(clippy::unreachable, reason = "the shelf under a batch's TypeId was put there as that batch's")]
        shelf.as_any().downcast().unwrap_or_else(|_| unreachable!("a shelf of another type"))
    }

    /// Loads what is wanted: the shelves at the same time, each with one call.
    pub(super) async fn load_wanted(&self, scope: &Scope) {
        let shelves: Vec<_> = lock(&self.0).values().cloned().collect();
        join_all(shelves.into_iter().map(|shelf| shelf.load_wanted(scope))).await;
    }
}

trait AnyShelf: Send + Sync {
    fn load_wanted<'a>(self: Arc<Self>, scope: &'a Scope) -> BoxFuture<'a, ()>;
    fn as_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync>;
}

/// The answers of one batch method, and the questions that wait for the next call.
pub(crate) struct Shelf<B: Batch>(Mutex<State<B>>);

struct State<B: Batch> {
    answers: HashMap<B::Key, Answer<B::Value>>,
    wanted: HashSet<B::Key>,
}

impl<B: Batch> Default for Shelf<B> {
    fn default() -> Self {
        Self(Mutex::new(State { answers: HashMap::new(), wanted: HashSet::new() }))
    }
}

impl<B: Batch> Shelf<B> {
    /// Notes that the answer to `key` is needed, unless it is there.
    pub(super) fn want(&self, key: &B::Key) {
        let mut state = lock(&self.0);
        if !state.answers.contains_key(key) && !state.wanted.contains(key) {
            state.wanted.insert(key.clone());
        }
    }

    /// The answer, where it has been loaded.
    pub(crate) fn get(&self, key: &B::Key) -> Option<Answer<B::Value>> {
        lock(&self.0).answers.get(key).cloned()
    }
}

impl<B: Batch> AnyShelf for Shelf<B> {
    fn load_wanted<'a>(self: Arc<Self>, scope: &'a Scope) -> BoxFuture<'a, ()> {
        async move {
            let keys: Vec<B::Key> = lock(&self.0).wanted.drain().collect();
            if keys.is_empty() {
                return;
            }
            let answers = load::<B>(scope, &keys).await;
            let mut state = lock(&self.0);
            for (key, answer) in keys.into_iter().zip(answers) {
                if let Entry::Vacant(place) = state.answers.entry(key) {
                    place.insert(answer);
                }
            }
        }
        .boxed()
    }

    fn as_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        self
    }
}

/// Makes one call for `keys` (several at the same time where they are more than one takes) and gives an answer for each,
/// in their order, whatever happens.
pub(crate) async fn load<B: Batch>(scope: &Scope, keys: &[B::Key]) -> Vec<Answer<B::Value>> {
    let calls = keys.chunks(B::LIMIT).map(|keys| call::<B>(scope, keys));
    join_all(calls).await.into_iter().flatten().collect()
}

async fn call<B: Batch>(scope: &Scope, keys: &[B::Key]) -> Vec<Answer<B::Value>> {
    match B::load(scope, keys).await {
        Ok(answers) if answers.len() == keys.len() => answers.into_iter().map(|answer| answer.map_err(Arc::new)).collect(),
        Ok(_) => repeat(&Arc::new(Error::internal("a batch method gave another number of answers than questions")), keys.len()),
        Err(error) => repeat(&Arc::new(error), keys.len()),
    }
}

fn repeat<V>(error: &Arc<Error>, times: usize) -> Vec<Answer<V>> {
    (0..times).map(|_| Err(error.clone())).collect()
}

/// A panic elsewhere while the lock was held leaves the maps whole: every change to them is one call.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
