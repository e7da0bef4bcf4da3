//! A model of services, viewers and a bus, in which everything happens in any order: questions, what a service reads, its replies,
//! commands, events, losses of the bus.

use std::{
    collections::HashMap,
    num::NonZeroUsize,
    sync::{Arc, Mutex, MutexGuard},
};

use kernel::{Actor, Error, Id, Principal, Role};
use proptest::{collection::vec, prelude::*};
use tokio::{sync::oneshot, task::JoinSet};
use uuid::Uuid;

use super::table::{Known, Table};
use crate::read::{Answer, EntityId, Reads};

const VIEWERS: usize = 3;
const THINGS: usize = 4;
/// Room for fewer things than there are, so that some are put out.
const ROOM: NonZeroUsize = NonZeroUsize::new(3).unwrap();

/// A thing as the model's service shows it: what was asked for, to whom, as of which version.
#[derive(Debug, Clone, PartialEq)]
struct Shown {
    thing: usize,
    version: u64,
    viewer: usize,
    reads: Reads,
}

impl Known for Shown {
    fn version(&self) -> u64 {
        self.version
    }

    fn compact(&self) -> Self {
        self.clone()
    }
}

/// A page of a list: of all things.
#[derive(Debug, Clone)]
struct List(Vec<Shown>);

impl Known for List {
    fn version(&self) -> u64 {
        0
    }

    fn compact(&self) -> Self {
        self.clone()
    }
}

#[derive(Debug, Clone)]
enum Step {
    /// A viewer asks for fields of things.
    Ask { viewer: usize, fields: u64, things: Vec<usize> },
    /// A viewer asks for a page of one of two lists of all things.
    List { viewer: usize, fields: u64, list: u8 },
    /// The service reads what one of the calls asked for; its reply is under way.
    Read(usize),
    /// The reply to one of the calls arrives, or news that it failed.
    Reply { call: usize, fails: bool },
    /// A question is given up.
    GiveUp(usize),
    /// Somebody changes a thing; an event is under way.
    Change(usize),
    /// A viewer changes a thing, and has the reply.
    Command { viewer: usize, thing: usize },
    /// One of the events that are under way arrives, and may stay under way to come again.
    Event { event: usize, again: bool },
    /// The bus is lost, with all that is under way.
    Lose,
    /// The bus is there again.
    Find,
}

fn step() -> impl Strategy<Value = Step> {
    let (viewer, thing, any) = (0..VIEWERS, 0..THINGS, 0..100_usize);
    prop_oneof![
        6 => (viewer.clone(), 0..4_u64, vec(thing.clone(), 1..4)).prop_map(|(viewer, fields, mut things)| {
            things.sort_unstable();
            things.dedup();
            Step::Ask { viewer, fields, things }
        }),
        3 => (viewer.clone(), 0..4_u64, 0..2_u8).prop_map(|(viewer, fields, list)| Step::List { viewer, fields, list }),
        5 => any.clone().prop_map(Step::Read),
        5 => (any.clone(), proptest::bool::weighted(0.1)).prop_map(|(call, fails)| Step::Reply { call, fails }),
        1 => any.clone().prop_map(Step::GiveUp),
        2 => thing.clone().prop_map(Step::Change),
        1 => (viewer, thing).prop_map(|(viewer, thing)| Step::Command { viewer, thing }),
        3 => (any, proptest::bool::weighted(0.2)).prop_map(|(event, again)| Step::Event { event, again }),
        1 => Just(Step::Lose),
        2 => Just(Step::Find),
    ]
}

/// A call of the service that has no reply yet.
struct Call {
    viewer: usize,
    reads: Reads,
    things: Vec<usize>,
    /// What the service has read.
    read: Option<Vec<Shown>>,
    reply: oneshot::Sender<Option<Vec<Shown>>>,
}

#[derive(Default)]
struct Service {
    versions: [u64; THINGS],
    calls: Vec<Call>,
    made: usize,
}

fn id(thing: usize) -> EntityId {
    EntityId::from_uuid(Uuid::from_u128(thing as u128))
}

fn number(id: &EntityId) -> usize {
    usize::try_from(id.uuid().as_u128()).unwrap()
}

fn viewer(number: usize) -> Principal {
    let account = Id::from_uuid(Uuid::from_u128(1_000 + number as u128));
    // Two of them differ in nothing but their role.
    let (account, role) = if number == 2 { (Id::from_uuid(Uuid::from_u128(1_000)), Role::Admin) } else { (account, Role::Manager) };
    Principal { company: Id::from_uuid(Uuid::nil()), actor: Actor::Account { account, employee: None }, role }
}

/// A question of a viewer, and how old its answers may be.
struct Asked {
    viewer: usize,
    reads: Reads,
    things: Vec<usize>,
    oldest: Vec<u64>,
    answers: Vec<Answer<Shown>>,
}

struct Model {
    table: Arc<Table<EntityId, Shown>>,
    lists: Arc<Table<u8, List>>,
    service: Arc<Mutex<Service>>,
    sees: bool,
    events: Vec<(usize, u64)>,
    /// The version that an event told of, or that was there as the bus was found.
    told: [u64; THINGS],
    /// What viewers did themselves.
    wrote: HashMap<(usize, usize), u64>,
    asking: JoinSet<Asked>,
    handles: Vec<tokio::task::AbortHandle>,
    /// How many items were asked for, and how many of them the service was asked for.
    asked: usize,
}

impl Model {
    fn new() -> Self {
        Self {
            table: Arc::new(Table::new(ROOM)),
            lists: Arc::new(Table::new(NonZeroUsize::MIN)),
            service: Arc::default(),
            sees: false,
            events: Vec::new(),
            told: [0; THINGS],
            wrote: HashMap::new(),
            asking: JoinSet::new(),
            handles: Vec::new(),
            asked: 0,
        }
    }

    fn service(&self) -> MutexGuard<'_, Service> {
        self.service.lock().unwrap()
    }

    async fn take(&mut self, step: Step) {
        match step {
            Step::Ask { viewer, fields, things } => self.ask(viewer, fields, things, None),
            Step::List { viewer, fields, list } => self.ask(viewer, fields, (0..THINGS).collect(), Some(list)),
            Step::Read(call) => {
                let mut service = self.service();
                let Service { versions, calls, .. } = &mut *service;
                if let Some(call) = pick(calls, call) {
                    let show = |thing: &usize| Shown { thing: *thing, version: versions[*thing], viewer: call.viewer, reads: call.reads };
                    call.read.get_or_insert_with(|| call.things.iter().map(show).collect());
                }
            }
            Step::Reply { call, fails } => {
                let mut service = self.service();
                if let Some(place) = place(&service.calls, call)
                    && (fails || service.calls[place].read.is_some())
                {
                    let call = service.calls.remove(place);
                    // Nobody may wait any more.
                    let _ = call.reply.send(call.read.filter(|_| !fails));
                }
            }
            Step::GiveUp(question) => pick(&mut self.handles, question).map_or((), |handle| handle.abort()),
            Step::Change(thing) => drop(self.change(thing)),
            Step::Command { viewer: by, thing } => {
                let version = self.change(thing);
                self.table.wrote(&viewer(by));
                self.lists.wrote(&viewer(by));
                self.wrote.insert((by, thing), version);
            }
            Step::Event { event, again } => {
                if let Some(place) = place(&self.events, event) {
                    let (thing, version) = self.events[place];
                    if !again {
                        self.events.remove(place);
                    }
                    self.table.changed(&id(thing), version);
                    self.lists.changed_any();
                    self.told[thing] = self.told[thing].max(version);
                }
            }
            Step::Lose => {
                self.table.ends();
                self.lists.ends();
                self.sees = false;
                self.events.clear();
            }
            Step::Find => {
                self.table.begins();
                self.lists.begins();
                if !self.sees {
                    let versions = self.service().versions;
                    self.told = versions;
                }
                self.sees = true;
            }
        }
        // Whoever can go on does.
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
        while let Some(ended) = self.asking.try_join_next() {
            if let Ok(asked) = ended {
                asked.check();
            }
        }
    }

    fn change(&mut self, thing: usize) -> u64 {
        let version = {
            let mut service = self.service();
            service.versions[thing] += 1;
            service.versions[thing]
        };
        if self.sees {
            self.events.push((thing, version));
        }
        version
    }

    /// Asks for fields of things, one by one or as a page of a list.
    fn ask(&mut self, by: usize, fields: u64, things: Vec<usize>, list: Option<u8>) {
        let reads = Reads::default().with(fields << 1 | 1);
        let own = |thing: &usize| self.wrote.get(&(by, *thing)).copied().unwrap_or_default();
        let oldest = things.iter().map(|thing| own(thing).max(if self.sees { self.told[*thing] } else { 0 })).collect();
        self.asked += things.len();
        let (table, lists, service) = (self.table.clone(), self.lists.clone(), self.service.clone());
        let asking = async move {
            let call = |things: Vec<usize>| {
                let (reply, replied) = oneshot::channel();
                let mut service = service.lock().unwrap();
                service.made += things.len();
                service.calls.push(Call { viewer: by, reads, things, read: None, reply });
                async { replied.await.ok().flatten().ok_or_else(|| Arc::new(Error::Unavailable("the service".into()))) }
            };
            let answers = if let Some(list) = list {
                let ask = async |_: Vec<u8>| vec![call((0..THINGS).collect()).await.map(List)];
                match lists.answers(&viewer(by), reads, &[list], ask).await.remove(0) {
                    Ok(List(shown)) => shown.into_iter().map(Ok).collect(),
                    Err(error) => vec![Err(error); THINGS],
                }
            } else {
                let keys: Vec<EntityId> = things.iter().map(|thing| id(*thing)).collect();
                let ask = async |keys: Vec<EntityId>| match call(keys.iter().map(number).collect()).await {
                    Ok(shown) => shown.into_iter().map(Ok).collect(),
                    Err(error) => vec![Err(error); keys.len()],
                };
                table.answers(&viewer(by), reads, &keys, ask).await
            };
            Asked { viewer: by, reads, things, oldest, answers }
        };
        self.handles.push(self.asking.spawn(asking));
    }

    /// Lets everything come to its end.
    async fn settle(&mut self) {
        for _ in 0..1_000 {
            if self.asking.is_empty() {
                return;
            }
            self.take(Step::Read(0)).await;
            self.take(Step::Reply { call: 0, fails: false }).await;
        }
        panic!("a question was never answered");
    }
}

impl Asked {
    fn check(self) {
        assert_eq!(self.answers.len(), self.things.len());
        for ((answer, thing), oldest) in self.answers.iter().zip(&self.things).zip(&self.oldest) {
            let Ok(shown) = answer else { continue };
            assert_eq!((shown.thing, shown.viewer), (*thing, self.viewer), "it is the viewer's own");
            assert!(shown.reads.has(self.reads), "it has what was asked for");
            assert!(shown.version >= *oldest, "thing {thing}: version {} though {oldest} was known", shown.version);
        }
    }
}

fn place<T>(all: &[T], any: usize) -> Option<usize> {
    any.checked_rem(all.len())
}

fn pick<T>(all: &mut [T], any: usize) -> Option<&mut T> {
    let place = place(all, any)?;
    all.get_mut(place)
}

fn play(steps: impl IntoIterator<Item = Step>) -> (usize, usize) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let mut model = Model::new();
        for step in steps {
            model.take(step).await;
        }
        model.settle().await;
        let made = model.service().made;
        (model.asked, made)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, ..ProptestConfig::default() })]

    #[test]
    fn no_answer_is_older_than_what_is_known_or_somebody_elses(steps in vec(step(), 1..80)) {
        play(steps);
    }
}

fn ask(viewer: usize, fields: u64, things: &[usize]) -> Step {
    Step::Ask { viewer, fields, things: things.to_vec() }
}

const REPLY: Step = Step::Reply { call: 0, fails: false };

#[test]
fn what_is_known_is_not_asked_for_again_and_what_is_missing_is_asked_for_alone() {
    let asked = [Step::Find, ask(0, 3, &[0, 1]), Step::Read(0), REPLY, ask(0, 1, &[0, 1, 2]), ask(0, 3, &[1])];
    assert_eq!(play(asked), (6, 3), "two, then one");
}

#[test]
fn who_asks_what_is_being_asked_for_waits_for_that_answer() {
    assert_eq!(play([Step::Find, ask(0, 3, &[0, 1]), ask(0, 1, &[1]), ask(0, 3, &[0])]), (4, 2));
}

#[test]
fn who_waits_for_an_answer_that_never_comes_asks_for_it() {
    assert_eq!(play([Step::Find, ask(0, 3, &[0]), ask(0, 3, &[0]), Step::GiveUp(0)]), (2, 2));
    assert_eq!(play([Step::Find, ask(0, 3, &[0]), ask(0, 3, &[0]), Step::Reply { call: 0, fails: true }]), (2, 2));
}

#[test]
fn other_viewers_other_fields_and_what_has_changed_are_asked_for() {
    let known = [Step::Find, ask(0, 1, &[0]), Step::Read(0), REPLY];
    let after = |then: Vec<Step>| play(known.iter().cloned().chain(then)).1;
    assert_eq!(after(vec![ask(0, 1, &[0])]), 1);
    assert_eq!(after(vec![ask(1, 1, &[0])]), 2, "another viewer");
    assert_eq!(after(vec![ask(2, 1, &[0])]), 2, "the same account in another role");
    assert_eq!(after(vec![ask(0, 2, &[0])]), 2, "other fields");
    assert_eq!(after(vec![Step::Change(0), Step::Event { event: 0, again: false }, ask(0, 1, &[0])]), 2, "it has changed");
    assert_eq!(after(vec![Step::Command { viewer: 0, thing: 3 }, ask(0, 1, &[0])]), 2, "the viewer has done something");
    assert_eq!(after(vec![Step::Command { viewer: 1, thing: 3 }, ask(0, 1, &[0])]), 1, "somebody else has, elsewhere");
    assert_eq!(after(vec![Step::Lose, ask(0, 1, &[0])]), 2, "nobody sees events");
    assert_eq!(after(vec![Step::Lose, Step::Find, ask(0, 1, &[0])]), 2, "events may have passed by");
}

#[test]
fn a_list_is_asked_for_again_when_anything_of_its_kind_has_changed() {
    let list = |viewer, list| Step::List { viewer, fields: 1, list };
    let known = [Step::Find, list(0, 0), list(0, 0), Step::Read(0), REPLY, list(0, 0)];
    let after = |then: Vec<Step>| play(known.iter().cloned().chain(then)).1 / THINGS;
    assert_eq!(after(vec![]), 1, "waited for, then known");
    assert_eq!(after(vec![list(0, 1)]), 2, "another list");
    assert_eq!(after(vec![list(1, 0)]), 2, "another viewer");
    assert_eq!(after(vec![Step::Change(3), list(0, 0)]), 1, "nobody has heard of it");
    assert_eq!(after(vec![Step::Change(3), Step::Event { event: 0, again: false }, list(0, 0)]), 2, "it may be on the page now");
    assert_eq!(after(vec![Step::Command { viewer: 0, thing: 3 }, list(0, 0)]), 2, "the viewer has done something");
    assert_eq!(after(vec![Step::Lose, Step::Find, list(0, 0)]), 2, "events may have passed by");
}

#[tokio::test]
async fn an_answer_that_is_older_than_an_event_is_not_kept() {
    let table = Table::new(ROOM);
    table.begins();
    let asked = Mutex::new(0);
    let ask_for = async |version| {
        let answer = |_: Vec<EntityId>| async {
            *asked.lock().unwrap() += 1;
            vec![Ok(Shown { thing: 0, version, viewer: 0, reads: Reads::default() })]
        };
        table.answers(&viewer(0), Reads::default(), &[id(0)], answer).await[0].as_ref().unwrap().version
    };
    assert_eq!((ask_for(3).await, ask_for(4).await), (3, 3), "kept");
    table.changed(&id(0), 6);
    assert_eq!((ask_for(5).await, ask_for(7).await, ask_for(8).await), (5, 7, 7), "of a service that lags behind, then the newest");
    assert_eq!(*asked.lock().unwrap(), 3);
}
