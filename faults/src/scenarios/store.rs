//! The databases.

use std::{
    io::Write as _,
    path::{Path, PathBuf},
    process::Command,
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};
use components::{Guardian, MongoDb, MongoOptions};
use futures::future::join_all;
use kernel::{CompanyId, Env, Envelope, Principal};
use serde::{Deserialize, Serialize};
use store::{Collection, Document, Store};
use tokio::task::block_in_place;
use uuid::Uuid;

use crate::{
    child::Task,
    pair::{CONSUMER, HAPPENED, happened},
    reading::Reading,
    round::Round,
    tally::Tally,
    wait::until,
    workload::Load,
    world::World,
};

/// How long everything may take to be equal after the fault.
const BOUND: Duration = Duration::from_secs(30);
/// How long nothing may be written while a primary is elected.
const UNAVAILABLE: Duration = Duration::from_secs(15);
/// How long some writes may take to be acknowledged.
const WRITES: Duration = Duration::from_secs(60);

/// Makes the primary step down under write load, then kills the next one.
pub(crate) async fn primary_lost(world: &mut World, round: &mut Round) -> Result<Tally> {
    // The member that the last repetition killed is back: of three, one is lost.
    block_in_place(|| world.mongodb()?.settle())?;
    let load = world.load(Load::USUAL, &mut round.chance).await?;
    load.until_acknowledged(round.chance.number(5, 30), WRITES).await?;
    tokio::time::sleep(round.chance.millis(0, 300)).await;
    block_in_place(|| world.mongodb()?.step_down())?;
    load.until_acknowledged(round.chance.number(10, 30), WRITES).await?;
    tokio::time::sleep(round.chance.millis(0, 300)).await;
    let killed = block_in_place(|| {
        let mongodb = world.mongodb()?;
        let primary = mongodb.primary()?;
        mongodb.kill(primary);
        anyhow::Ok(primary)
    })?;
    load.until_acknowledged(20, WRITES).await?;
    let silence = load.watch().longest_silence();
    block_in_place(|| world.mongodb()?.restart(killed))?;
    let back = Instant::now();
    let reading = Reading::of(world, &load.marks).await?;
    let (ledger, watch) = load.stop().await?;
    let mut tally = reading.converge(&ledger, back, BOUND).await?;
    tally.require(silence <= UNAVAILABLE, || format!("nothing was written for {} ms: {:?}", silence.as_millis(), watch.failures()));
    tally.notes.push(format!("nothing was written for {} ms at most; {} writes failed", silence.as_millis(), watch.failures().len()));
    Ok(tally)
}

/// One half of a transaction; the other has the same id, in the other collection.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(transparent)]
struct Left(Row);

/// The other half.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(transparent)]
struct Right(Row);

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Row {
    id: Uuid,
    version: u64,
    text: String,
}

static LEFT: Collection = Collection { name: "left", indexes: &[], history: None, unaudited: &[] };
static RIGHT: Collection = Collection { name: "right", indexes: &[], history: None, unaudited: &[] };
const HALVES: &[&Collection] = &[&LEFT, &RIGHT];

impl Document for Left {
    const COLLECTION: &'static Collection = &LEFT;

    fn id(&self) -> Uuid {
        self.0.id
    }

    fn version(&self) -> u64 {
        self.0.version
    }
}

impl Document for Right {
    const COLLECTION: &'static Collection = &RIGHT;

    fn id(&self) -> Uuid {
        self.0.id
    }

    fn version(&self) -> u64 {
        self.0.version
    }
}

/// Commits both halves, an event of them and an inbox mark; the event.
async fn commit_halves(store: &Store, text: &str) -> store::Result<Envelope> {
    let event = happened(HAPPENED);
    let row = Row { id: event.subject, version: 1, text: text.to_owned() };
    let actor = Principal::service(event.company, "faults").actor;
    let mut transaction = store.company(event.company).transaction(&actor, Env::system().now());
    transaction.insert(&Left(row.clone())).insert(&Right(row)).publish(event.clone()).received(CONSUMER, event.id);
    transaction.commit().await.map(|()| event)
}

/// How many of the subjects have each half: left, right.
async fn halves(store: &Store, company: CompanyId, subjects: &[Uuid]) -> store::Result<(Vec<bool>, Vec<bool>)> {
    let (mut left, mut right) = (Vec::new(), Vec::new());
    for subjects in subjects.chunks(500) {
        left.extend(store.company(company).get_many::<Left>(subjects).await?.iter().map(Option::is_some));
        right.extend(store.company(company).get_many::<Right>(subjects).await?.iter().map(Option::is_some));
    }
    Ok((left, right))
}

/// The child: writes until it is killed, and tells of what was acknowledged.
#[expect(clippy::print_stdout, reason = "what the parent reads")]
pub(crate) async fn write_sqlite(file: &Path) -> Result<()> {
    let store = Store::sqlite(file, HALVES).await?;
    store.add_company(happened(HAPPENED).company).await?;
    let writer = async || -> Result<()> {
        loop {
            let event = commit_halves(&store, "a text").await?;
            println!("{}", event.subject);
            std::io::stdout().flush()?;
        }
    };
    let writers: Vec<Result<()>> = join_all([writer(), writer(), writer(), writer()]).await;
    writers.into_iter().collect()
}

/// How often a process is killed on one file.
const KILLS: usize = 3;

/// Kills processes that write into an SQLite file, and looks at what they leave.
pub(crate) async fn sqlite_killed(round: &mut Round) -> Result<Tally> {
    let folder = tempfile::tempdir().context("no temporary folder")?;
    let file = folder.path().join("store.sqlite");
    let mut acknowledged: Vec<Uuid> = Vec::new();
    for _ in 0..KILLS {
        let after = usize::try_from(round.chance.number(1, 300))?;
        let child = Task::WriteSqlite { file: file.clone() }.start()?;
        let lines = block_in_place(|| child.read_and_kill(|lines| lines >= after))?;
        // The kill may cut off the last line.
        acknowledged.extend(lines.iter().filter_map(|line| line.parse::<Uuid>().ok()));
    }
    let began = Instant::now();
    let mut tally = Tally { acknowledged: acknowledged.len() as u64, ..Tally::default() };
    let integrity = integrity(&file)?;
    tally.require(integrity == "ok", || format!("integrity_check says {integrity}"));
    let store = Store::sqlite(&file, HALVES).await?;
    let company = happened(HAPPENED).company;
    // Nobody publishes: every event of every transaction is pending.
    let events = store.outbox().pending(1_000_000).await?;
    let subjects: Vec<Uuid> = events.iter().map(|event| event.subject).collect();
    let (left, right) = halves(&store, company, &subjects).await?;
    let torn = left.iter().zip(&right).filter(|(left, right)| !**left || !**right).count();
    tally.require(torn == 0, || format!("{torn} transactions are there by half"));
    let (left, right) = halves(&store, company, &acknowledged).await?;
    tally.lost = left.iter().zip(&right).filter(|(left, right)| !**left || !**right).count() as u64;
    tally.events = acknowledged.len() as u64;
    tally.events_lost = acknowledged.iter().filter(|subject| !subjects.contains(subject)).count() as u64;
    for event in &events {
        let actor = Principal::service(company, "faults").actor;
        let mut again = store.company(company).transaction(&actor, Env::system().now());
        again.received(CONSUMER, event.id);
        if !matches!(again.commit().await, Err(store::Error::AlreadyReceived)) {
            tally.doubled += 1;
        }
    }
    tally.converged = began.elapsed();
    Ok(tally)
}

fn integrity(file: &Path) -> Result<String> {
    let connection = rusqlite::Connection::open(file)?;
    Ok(connection.query_row("PRAGMA integrity_check", [], |row| row.get(0))?)
}

/// A small file system in memory, which is gone when this is dropped.
struct Disk {
    folder: PathBuf,
    _guardian: Guardian,
}

impl Disk {
    fn new(megabytes: u64) -> Result<Self> {
        let folder = tempfile::tempdir().context("no temporary folder")?.keep();
        // Where it is still in use it goes with its last user.
        let guardian = Guardian::new(r#"umount --lazy "$1"; rmdir -- "$1""#, [&folder])?;
        let size = format!("size={megabytes}m");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(&folder).output();
        match mounted {
            Ok(output) if output.status.success() => Ok(Self { folder, _guardian: guardian }),
            Ok(output) => {
                let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
                bail!("a small file system can't be mounted ({said}): run this as root, or in a container with CAP_SYS_ADMIN")
            }
            Err(error) => bail!("mount can't be run ({error}): install util-linux"),
        }
    }

    fn path(&self) -> &Path {
        &self.folder
    }

    fn ballast(&self) -> PathBuf {
        self.path().join("ballast")
    }

    /// Leaves at most that much free, in bytes.
    fn fill(&self, leave: u64) -> Result<()> {
        let mut ballast = std::fs::File::options().create(true).append(true).open(self.ballast())?;
        let page = [0; 4096];
        while self.free()? > leave && ballast.write_all(&page).is_ok() {}
        Ok(())
    }

    fn free(&self) -> Result<u64> {
        let said = rustix::fs::statvfs(self.path())?;
        Ok(said.f_bavail * said.f_frsize)
    }

    fn empty(&self) -> Result<()> {
        Ok(std::fs::remove_file(self.ballast())?)
    }
}

/// Fills the disks of SQLite and of MongoDB, one after the other, and frees them again.
pub(crate) async fn disk_full(round: &mut Round) -> Result<Tally> {
    let mut tally = sqlite_full(round).await.context("SQLite")?;
    tally.add(mongodb_full(round).await.context("MongoDB")?);
    Ok(tally)
}

async fn sqlite_full(round: &mut Round) -> Result<Tally> {
    let disk = Disk::new(16)?;
    let file = disk.path().join("store.sqlite");
    let store = Store::sqlite(&file, HALVES).await?;
    let company = happened(HAPPENED).company;
    store.add_company(company).await?;
    let mut full = Full::new(store, company);
    full.write(usize::try_from(round.chance.number(5, 40))?).await?;
    disk.fill(round.chance.number(0, 2 << 20))?;
    full.write_until_refused().await?;
    for _ in 0..round.chance.number(3, 10) {
        let error = full.refused().await?;
        full.tally.require(error.contains("full"), || format!("the error does not say that the disk is full: {error}"));
        let there = full.there().await;
        full.tally.require(there.is_ok(), || format!("reads fail while the disk is full: {there:?}"));
    }
    disk.empty()?;
    let mut tally = full.recover().await?;
    let integrity = integrity(&file)?;
    tally.require(integrity == "ok", || format!("integrity_check says {integrity}"));
    Ok(tally)
}

async fn mongodb_full(round: &mut Round) -> Result<Tally> {
    let disk = Disk::new(768)?;
    let options = MongoOptions { data: Some(disk.path().join("members")), ..MongoOptions::default() };
    std::fs::create_dir(disk.path().join("members"))?;
    let mut mongodb = block_in_place(|| MongoDb::start_with(options))?;
    let settings = store::MongoDb { url: mongodb.url(), database: "faults".to_owned() };
    let store = Store::mongodb(&settings, HALVES)?;
    let company = happened(HAPPENED).company;
    store.add_company(company).await?;
    let mut full = Full::new(store, company);
    full.write(usize::try_from(round.chance.number(5, 40))?).await?;
    disk.fill(round.chance.number(0, 2 << 20))?;
    full.write_until_refused().await?;
    let error = full.refused().await?;
    full.tally.require(error.contains("unavailable"), || format!("the error is not clear: {error}"));
    disk.empty()?;
    // MongoDB ends when its disk is full; who operates it starts it again.
    block_in_place(|| mongodb.restart(0))?;
    full.recover().await
}

/// A store whose disk is full.
struct Full {
    store: Store,
    company: CompanyId,
    /// Acknowledged.
    events: Vec<Envelope>,
    tally: Tally,
    written: AtomicU64,
}

/// What one half of a transaction weighs: a full disk is reached in some dozens of them.
const WEIGHT: usize = 60_000;
/// The most transactions until a disk must be full.
const ENOUGH: usize = 20_000;

impl Full {
    fn new(store: Store, company: CompanyId) -> Self {
        Self { store, company, events: Vec::new(), tally: Tally::default(), written: AtomicU64::new(0) }
    }

    async fn commit(&self) -> store::Result<Envelope> {
        // Text that can't be compressed away.
        let seed = self.written.fetch_add(1, Ordering::Relaxed);
        let words = (0..WEIGHT as u64 / 32)
            .map(|word| Uuid::from_u64_pair(word.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ seed, word).simple().to_string());
        commit_halves(&self.store, &words.collect::<String>()).await
    }

    async fn write(&mut self, count: usize) -> Result<()> {
        for _ in 0..count {
            self.events.push(self.commit().await?);
        }
        Ok(())
    }

    async fn write_until_refused(&mut self) -> Result<()> {
        for _ in 0..ENOUGH {
            match self.commit().await {
                Ok(event) => self.events.push(event),
                Err(_) => return Ok(()),
            }
        }
        bail!("the disk was not full after {ENOUGH} transactions")
    }

    /// What a write says that must fail.
    async fn refused(&mut self) -> Result<String> {
        match self.commit().await {
            Err(error @ store::Error::Unavailable(_)) => Ok(error.to_string()),
            Err(other) => bail!("another error than unavailable: {other}"),
            Ok(event) => {
                // A little was left: it counts, and the next one is refused.
                self.events.push(event);
                Ok("full; unavailable".to_owned())
            }
        }
    }

    /// How many of the acknowledged transactions are not there whole.
    async fn there(&self) -> store::Result<u64> {
        let subjects: Vec<Uuid> = self.events.iter().map(|event| event.subject).collect();
        let (left, right) = halves(&self.store, self.company, &subjects).await?;
        Ok(left.iter().zip(&right).filter(|(left, right)| !**left || !**right).count() as u64)
    }

    /// Once there is space: the same store writes again, and all that was acknowledged is there.
    async fn recover(mut self) -> Result<Tally> {
        let write = async || self.commit().await.ok();
        let (event, took) = until("a write once there is space", WRITES, write).await?;
        self.events.push(event);
        self.write(5).await?;
        self.tally.acknowledged = self.events.len() as u64;
        self.tally.lost = self.there().await?;
        let pending = self.store.outbox().pending(1_000_000).await?;
        self.tally.events = self.events.len() as u64;
        self.tally.events_lost = self.events.iter().filter(|event| pending.iter().all(|there| there.id != event.id)).count() as u64;
        self.tally.converged_within(took, BOUND);
        Ok(self.tally)
    }
}
