//! The answers to the questions of one kind.

use std::{
    hash::Hash,
    num::NonZeroUsize,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use futures::{FutureExt as _, future::join_all};
use kernel::{Error, Principal};
use lru::LruCache;
use tokio::sync::watch;

use crate::read::{Answer, Reads};

/// So many answers to one question are kept: to different viewers, with different fields.
const MOST_ANSWERS: usize = 16;
/// So many viewers' last commands are known one by one.
const MOST_WRITERS: NonZeroUsize = NonZeroUsize::new(10_000).unwrap();
/// An answer is kept no longer than that, whatever was seen or not.
const LONGEST: Duration = Duration::from_secs(60);

/// What is asked for: a thing by its id, a page of a list.
pub(crate) trait Question: Clone + Eq + Hash + Send + Sync + 'static {}

impl<K: Clone + Eq + Hash + Send + Sync + 'static> Question for K {}

/// What a service answers.
pub(crate) trait Known: Clone + Send + Sync + 'static {
    /// A thing's version, which is among the fields of every question whose answer is kept; 0 of what has none.
    fn version(&self) -> u64;

    /// The same, which keeps no more memory than it needs.
    fn compact(&self) -> Self;
}

/// The answers to the questions of one kind.
pub(crate) struct Table<K, T>(Mutex<State<K, T>>);

struct State<K, T> {
    /// Whether events are seen.
    sees: bool,
    /// Counts questions and commands: what has a lower number was earlier.
    now: u64,
    entries: LruCache<K, Entry<T>>,
    /// When the last command of a viewer ended.
    written: LruCache<Principal, u64>,
    /// When the last command ended of a viewer who is no longer in `written`.
    forgotten: u64,
}

/// What is known of what is asked for.
struct Entry<T> {
    /// The last version that an event told of.
    version: u64,
    answers: Vec<Kept<T>>,
}

/// An answer to a viewer, or a question of theirs.
struct Kept<T> {
    viewer: Arc<Principal>,
    reads: Reads,
    /// When it was asked for; a question has a number of its own.
    asked: u64,
    state: Held<T>,
}

enum Held<T> {
    Answer {
        thing: T,
        since: Instant,
    },
    /// It is being asked for, as that item of that call.
    Question {
        call: Reply<T>,
        item: usize,
    },
}

/// The answers of a call, once they are there. Who makes it may be gone before that.
type Reply<T> = watch::Receiver<Option<Arc<[Answer<T>]>>>;

/// Where the answer to a key is to be had.
enum Found<T> {
    Here(T),
    /// The item of the call that is to be made.
    Own(usize),
    /// The item of a call that somebody else makes.
    Other(Reply<T>, usize),
}

/// Where the answers to the keys of a question are to be had, and the call to make for those that are had nowhere.
struct Plan<'t, K: Question, T: Known> {
    found: Vec<Found<T>>,
    call: Option<Call<'t, K, T>>,
}

impl<K: Question, T: Known> Table<K, T> {
    pub(super) fn new(most: NonZeroUsize) -> Self {
        Self(Mutex::new(State { sees: false, now: 0, entries: LruCache::new(most), written: LruCache::new(MOST_WRITERS), forgotten: 0 }))
    }

    fn lock(&self) -> MutexGuard<'_, State<K, T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The answers to `keys` for these fields: what is known, what others are asking for, and for the rest
    /// what `ask` brings.
    pub(crate) async fn answers<A: Future<Output = Vec<Answer<T>>> + Send>(
        &self,
        viewer: &Principal,
        reads: Reads,
        keys: &[K],
        ask: impl Fn(Vec<K>) -> A + Sync,
    ) -> Vec<Answer<T>> {
        let Some(Plan { found, call }) = self.find(viewer, reads, keys) else { return ask(keys.to_vec()).await };
        let own = async {
            let Some(call) = call else { return Arc::default() };
            let answers = ask(call.keys.clone()).await;
            call.answered(answers)
        };
        let awaited = found.iter().zip(keys).filter_map(|(found, key)| match found {
            Found::Other(call, item) => Some(item_of(call.clone(), *item).map(move |answer| (key, answer))),
            Found::Here(_) | Found::Own(_) => None,
        });
        let (own, others) = futures::join!(own, join_all(awaited));
        // Whoever asked is gone, or had no time left: that is no answer to this question.
        let lost: Vec<K> = others.iter().filter(|(_, answer)| answer.is_none()).map(|(key, _)| (*key).clone()).collect();
        let mut again = if lost.is_empty() { Vec::new() } else { ask(lost).await }.into_iter();
        let mut others = others.into_iter().map(|(_, answer)| answer);
        let mut answer = |found: Found<T>| {
            let answer = match found {
                Found::Here(thing) => Some(Ok(thing)),
                Found::Own(item) => own.get(item).cloned(),
                Found::Other(..) => others.next().flatten().or_else(|| again.next()),
            };
            answer.unwrap_or_else(|| Err(Arc::new(Error::internal("a batch method did not answer a question"))))
        };
        found.into_iter().map(&mut answer).collect()
    }

    /// Where the answers are to be had; `None` where no events are seen.
    fn find(&self, viewer: &Principal, reads: Reads, keys: &[K]) -> Option<Plan<'_, K, T>> {
        let now = Instant::now();
        let mut state = self.lock();
        let state = &mut *state;
        if !state.sees {
            return None;
        }
        state.now += 1;
        let asked = state.now;
        let written = state.written.get(viewer).copied().unwrap_or_default().max(state.forgotten);
        let mut call = None;
        let find = |key: &K| {
            let entry = state.entries.get_or_insert_mut_ref(key, || Entry { version: 0, answers: Vec::new() });
            let answers = |kept: &&Kept<T>| kept.asked > written && kept.reads.has(reads) && *kept.viewer == *viewer;
            let known = entry.answers.iter().filter(answers).find_map(|kept| match &kept.state {
                Held::Answer { thing, since } => (now.saturating_duration_since(*since) < LONGEST).then(|| Found::Here(thing.clone())),
                Held::Question { call, item } => Some(Found::Other(call.clone(), *item)),
            });
            known.unwrap_or_else(|| {
                let (call, reply, viewer) = call.get_or_insert_with(|| {
                    let (sender, reply) = watch::channel(None);
                    (Call { table: self, asked, keys: Vec::new(), sender }, reply, Arc::new(viewer.clone()))
                });
                let (item, viewer) = (call.keys.len(), viewer.clone());
                call.keys.push(key.clone());
                if entry.answers.len() == MOST_ANSWERS {
                    entry.answers.remove(0);
                }
                entry.answers.push(Kept { viewer, reads, asked, state: Held::Question { call: reply.clone(), item } });
                Found::Own(item)
            })
        };
        let found = keys.iter().map(find).collect();
        Some(Plan { found, call: call.map(|(call, ..)| call) })
    }

    /// An event told that what this asks for has that version now.
    pub(super) fn changed(&self, key: &K, version: u64) {
        if let Some(entry) = self.lock().entries.peek_mut(key) {
            entry.version = entry.version.max(version);
            entry.answers.retain(|kept| matches!(&kept.state, Held::Answer { thing, .. } if thing.version() >= version));
        }
    }

    /// An event told of what any answer may rest on.
    pub(super) fn changed_any(&self) {
        self.lock().entries.clear();
    }

    /// A command of the viewer has ended.
    pub(super) fn wrote(&self, viewer: &Principal) {
        let mut state = self.lock();
        let now = state.now;
        if let Some((other, written)) = state.written.push(viewer.clone(), now)
            && other != *viewer
        {
            state.forgotten = state.forgotten.max(written);
        }
    }

    /// Events are seen from now on.
    pub(super) fn begins(&self) {
        self.lock().sees = true;
    }

    /// Events are no longer seen.
    pub(super) fn ends(&self) {
        let mut state = self.lock();
        state.sees = false;
        state.entries.clear();
    }
}

/// An item of a call that somebody else makes; `None` where nobody answers it, or nobody had the time to.
async fn item_of<T: Known>(mut call: Reply<T>, item: usize) -> Option<Answer<T>> {
    let answers = call.wait_for(Option::is_some).await.ok()?.clone()?;
    answers.get(item).cloned().filter(|answer| !matches!(answer, Err(error) if matches!(**error, Error::Unavailable(_))))
}

/// A call that is being made. Its questions are taken back where it is dropped before it was answered.
struct Call<'t, K: Question, T: Known> {
    table: &'t Table<K, T>,
    asked: u64,
    keys: Vec<K>,
    sender: watch::Sender<Option<Arc<[Answer<T>]>>>,
}

impl<K: Question, T: Known> Call<'_, K, T> {
    /// Keeps the answers to those questions that nothing has happened to, and gives all of them to whoever waits.
    fn answered(self, answers: Vec<Answer<T>>) -> Arc<[Answer<T>]> {
        let answers: Arc<[Answer<T>]> = answers.into();
        self.settle(|item| answers.get(item)?.as_ref().ok().cloned());
        self.sender.send_replace(Some(answers.clone()));
        answers
    }

    /// Replaces each question by its answer, where there is one.
    fn settle(&self, answer: impl Fn(usize) -> Option<T>) {
        let since = Instant::now();
        let mut state = self.table.lock();
        for (item, key) in self.keys.iter().enumerate() {
            let Some(entry) = state.entries.peek_mut(key) else { continue };
            let own = |kept: &Kept<T>| kept.asked == self.asked && matches!(kept.state, Held::Question { .. });
            let Some(place) = entry.answers.iter().position(own) else { continue };
            let question = entry.answers.remove(place);
            let Some(thing) = answer(item).filter(|thing| thing.version() >= entry.version) else { continue };
            // What says less, or earlier, is of no more use.
            entry.answers.retain(|kept| kept.viewer != question.viewer || !question.reads.has(kept.reads) || kept.asked > question.asked);
            entry.answers.push(Kept { state: Held::Answer { thing: thing.compact(), since }, ..question });
        }
    }
}

impl<K: Question, T: Known> Drop for Call<'_, K, T> {
    fn drop(&mut self) {
        self.settle(|_| None);
    }
}
