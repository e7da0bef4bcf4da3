//! Processes that are killed at any moment: what was acknowledged is there, and has its effect once.
//!
//! The processes are this test program again, asked to run one of the tests marked as a child.

use std::{
    collections::HashSet,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::Arc,
    time::Duration,
};

use events::{Bus, InProcessBus, Relay};
use futures::future::join_all;
use kernel::{Env, Envelope, EventId};
use rusqlite::Connection;
use store::Store;
use tokio::{task::JoinSet, time::timeout};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{
    parts::{DEADLINE, Recorder, Running, eventually, happened, subscription},
    relay::{EFFECTS, Reaction, commit, company, effects, pending},
};

/// How often a process is killed, each time on the files of the last.
const ROUNDS: usize = 6;
/// Tells a child where its files are.
const FOLDER: &str = "EVENTS_TEST_FOLDER";
/// Stands before the id of an acknowledged event in a child's output.
const ACKNOWLEDGED: &str = "acknowledged ";

/// Runs a child in `folder` and kills it after some acknowledgements; answers all that it told of.
fn kill(child: &str, folder: &Path, after: usize) -> Vec<EventId> {
    let mut process = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", child, "--ignored", "--nocapture"])
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut acknowledged = Vec::new();
    for line in BufReader::new(process.stdout.take().unwrap()).lines() {
        // The kill can cut the last line off; its event may have been acknowledged or not.
        if let Some(id) = line.unwrap().strip_prefix(ACKNOWLEDGED).and_then(|id| id.parse().ok()) {
            acknowledged.push(id);
        }
        if acknowledged.len() == after {
            process.kill().unwrap();
        }
    }
    process.wait().unwrap();
    assert!(acknowledged.len() >= after, "{child} ended on its own after {} of {after} acknowledgements", acknowledged.len());
    acknowledged
}

/// A number of acknowledgements after which to kill: another one in each run of the tests.
fn some() -> usize {
    usize::from(Env::system().random_bytes::<1>()[0]) + 20
}

/// The folder to work in; `None` where no other test started this one.
fn folder_of_the_parent() -> Option<PathBuf> {
    std::env::var_os(FOLDER).map(PathBuf::from)
}

/// Ends a child that nobody kills, so that none is left over.
async fn until_killed(work: impl Future) {
    let _ = timeout(2 * DEADLINE, work).await;
}

fn assert_whole(file: &Path) {
    let answer: String = Connection::open(file).unwrap().query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(answer, "ok", "{}", file.display());
}

fn bus_file(folder: &Path) -> PathBuf {
    folder.join("events.db")
}

#[tokio::test]
#[ignore = "the child of another test"]
async fn child_that_publishes() {
    let Some(folder) = folder_of_the_parent() else { return };
    let bus = InProcessBus::open(&bus_file(&folder), Env::system()).unwrap();
    bus.bind(&subscription("a")).await.unwrap();
    let publisher = || async {
        loop {
            let events: Vec<Envelope> = (0..3).map(|_| happened()).collect();
            for (event, answer) in events.iter().zip(bus.publish_all(&events).await) {
                answer.unwrap();
                println!("{ACKNOWLEDGED}{}", event.id);
            }
        }
    };
    until_killed(join_all([publisher(), publisher(), publisher(), publisher()])).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn confirmed_events_are_delivered_after_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let mut confirmed = HashSet::new();
    for _ in 0..ROUNDS {
        let after = some();
        confirmed.extend(kill("killed::child_that_publishes", folder.path(), after));
    }
    assert_whole(&bus_file(folder.path()));
    let bus = InProcessBus::open(&bus_file(folder.path()), Env::system()).unwrap();
    let recorder = Recorder::new();
    let running = Running::start(&bus, subscription("a"), recorder.clone()).await;
    eventually(|| async { bus.waiting("a").await.unwrap() }, |waiting| *waiting == 0).await;
    let delivered: HashSet<EventId> = recorder.given().iter().map(|event| event.id).collect();
    assert_eq!(confirmed.difference(&delivered).count(), 0, "lost, of {}", confirmed.len());
    running.stop().await;
}

/// A service that writes and one that reacts, with a store each and the bus between them.
struct Services {
    writer: Store,
    reader: Store,
    bus: Arc<InProcessBus>,
}

impl Services {
    const FILES: [&str; 3] = ["writer.db", "reader.db", "events.db"];

    async fn open(folder: &Path) -> Self {
        let [writer, reader, _] = Self::FILES.map(|file| folder.join(file));
        let writer = Store::sqlite(writer, &[&EFFECTS]).await.unwrap();
        let reader = Store::sqlite(reader, &[&EFFECTS]).await.unwrap();
        writer.add_company(company()).await.unwrap();
        reader.add_company(company()).await.unwrap();
        let bus = Arc::new(InProcessBus::open(&bus_file(folder), Env::system()).unwrap());
        bus.bind(&subscription("a")).await.unwrap();
        Self { writer, reader, bus }
    }

    async fn start(&self) -> (Running, JoinSet<()>) {
        let running = Running::start(&*self.bus, subscription("a"), Arc::new(Reaction(self.reader.clone()))).await;
        let mut relaying = JoinSet::new();
        relaying.spawn(Relay::new("writer", self.writer.clone(), self.bus.clone(), Env::system()).run(CancellationToken::new()));
        (running, relaying)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "the child of another test"]
async fn child_that_writes_and_reacts() {
    let Some(folder) = folder_of_the_parent() else { return };
    let services = Services::open(&folder).await;
    let _started = services.start().await;
    let writing = || async {
        loop {
            let event = happened();
            commit(&services.writer, std::slice::from_ref(&event)).await.unwrap();
            println!("{ACKNOWLEDGED}{}", event.id);
        }
    };
    until_killed(join_all([writing(), writing(), writing(), writing()])).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn committed_events_have_their_effect_once_whenever_the_process_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let mut committed: Vec<Uuid> = Vec::new();
    for _ in 0..ROUNDS {
        let after = some();
        committed.extend(kill("killed::child_that_writes_and_reacts", folder.path(), after).iter().map(|id| id.uuid()));
    }
    for file in Services::FILES {
        assert_whole(&folder.path().join(file));
    }
    let services = Services::open(folder.path()).await;
    let (running, _relaying) = services.start().await;
    eventually(|| pending(&services.writer), |pending| *pending == 0).await;
    eventually(|| async { services.bus.waiting("a").await.unwrap() }, |waiting| *waiting == 0).await;
    assert_eq!(effects(&services.reader, &committed).await, vec![1; committed.len()]);
    assert_eq!(services.bus.dead_letters(10).await.unwrap(), []);
    timeout(Duration::from_secs(10), running.stop()).await.unwrap();
}
