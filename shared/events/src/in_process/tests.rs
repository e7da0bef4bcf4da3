use std::{path::PathBuf, sync::Arc, time::Duration};

use async_trait::async_trait;
use kernel::{CompanyId, Env, Envelope, Principal};
use rusqlite::Connection;
use tempfile::TempDir;
use tokio::{
    sync::{Semaphore, mpsc},
    task::JoinSet,
    time::timeout,
};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{InProcessBus, OpenError, queue::MOST_RESTARTS};
use crate::{Bus, HandleError, Handler, PublishError, SubscribeError, Subscription};

const SUBSCRIPTION: Subscription = Subscription::new("a", &["Happened"]);
const DEADLINE: Duration = Duration::from_secs(20);

struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }
    fn file(&self) -> PathBuf {
        self.0.path().join("events.db")
    }
    fn open(&self) -> InProcessBus {
        InProcessBus::open(&self.file(), Env::system()).unwrap()
    }
    /// A way round the bus, to its file.
    fn sqlite(&self) -> Connection {
        let connection = Connection::open(self.file()).unwrap();
        connection.busy_timeout(DEADLINE).unwrap();
        connection
    }
}

fn event() -> Envelope {
    let env = Env::system();
    let principal = Principal::service(CompanyId::from_uuid(Uuid::nil()), "test");
    Envelope {
        id: env.new_id(),
        kind: "Happened".to_owned(),
        source: "test".to_owned(),
        subject: env.random_uuid(),
        version: 1,
        company: principal.company,
        time: env.now(),
        actor: principal.actor,
        traceparent: None,
        data: Vec::new(),
    }
}

/// Tells what it is given, and handles it when the gate has a permit.
struct Gated(mpsc::UnboundedSender<Envelope>, Arc<Semaphore>);

#[async_trait]
impl Handler for Gated {
    async fn handle(&self, event: &Envelope) -> Result<(), HandleError> {
        self.0.send(event.clone()).unwrap();
        self.1.acquire().await.unwrap().forget();
        Ok(())
    }
}

/// A consuming loop that runs.
struct Running {
    given: mpsc::UnboundedReceiver<Envelope>,
    stop: CancellationToken,
    task: JoinSet<()>,
}

impl Running {
    async fn start(bus: &InProcessBus, permits: usize) -> Self {
        let (tell, given) = mpsc::unbounded_channel();
        let stop = CancellationToken::new();
        let handler = Arc::new(Gated(tell, Arc::new(Semaphore::new(permits))));
        let consuming = bus.subscribe(SUBSCRIPTION, handler, stop.clone()).await.unwrap();
        let mut task = JoinSet::new();
        task.spawn(consuming);
        Self { given, stop, task }
    }
    async fn next(&mut self) -> Envelope {
        timeout(DEADLINE, self.given.recv()).await.expect("given in time").unwrap()
    }
    async fn stop(mut self) {
        self.stop.cancel();
        timeout(DEADLINE, self.task.join_next()).await.expect("stopped in time");
    }
}

async fn until_nothing_waits(bus: &InProcessBus) {
    let asking = async {
        while bus.waiting("a").await.unwrap() > 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(DEADLINE, asking).await.expect("handled in time");
}

#[tokio::test]
async fn a_file_of_a_newer_version_is_refused_and_left_as_it_is() {
    let folder = Folder::new();
    drop(folder.open());
    folder.sqlite().pragma_update(None, "user_version", 99).unwrap();
    let refused = InProcessBus::open(&folder.file(), Env::system()).err().expect("refused");
    assert!(matches!(refused, OpenError::NewerVersion { found: 99, known: 1, .. }), "{refused}");
    assert_eq!(folder.sqlite().query_row("PRAGMA user_version", [], |row| row.get::<_, i64>(0)).unwrap(), 99);
}

#[tokio::test]
async fn a_path_that_can_not_be_opened_is_named() {
    let folder = Folder::new();
    let missing = folder.0.path().join("missing").join("events.db");
    let refused = InProcessBus::open(&missing, Env::system()).err().expect("refused");
    assert!(refused.to_string().contains("missing/events.db"), "{refused}");
    std::fs::write(folder.file(), "no database").unwrap();
    let refused = InProcessBus::open(&folder.file(), Env::system()).err().expect("refused");
    assert!(matches!(refused, OpenError::Unusable { .. }), "{refused}");
}

#[tokio::test]
async fn a_bus_in_memory_delivers() {
    let bus = InProcessBus::in_memory(Env::system()).unwrap();
    let mut running = Running::start(&bus, 1).await;
    let event = event();
    bus.publish(&event).await.unwrap();
    assert_eq!(running.next().await, event);
    running.stop().await;
    assert_eq!(bus.waiting("a").await.unwrap(), 0);
}

#[tokio::test]
async fn only_one_process_consumes_but_others_may_publish_and_look_after_dead_letters() {
    let folder = Folder::new();
    let (bus, second) = (folder.open(), folder.open());
    let mut running = Running::start(&bus, 100).await;
    let refused = second
        .subscribe(SUBSCRIPTION, Arc::new(Gated(mpsc::unbounded_channel().0, Arc::new(Semaphore::new(0)))), CancellationToken::new())
        .await;
    assert!(matches!(&refused, Err(SubscribeError::Refused(why)) if why.contains("stop it first")));

    let event = event();
    second.publish(&event).await.unwrap();
    assert_eq!(running.next().await, event);
    until_nothing_waits(&bus).await;

    let dead = "INSERT INTO dead_letters SELECT 'a', ?1, ?2, x'', 6, 'it failed', 0";
    let head = serde_json::to_string(&event).unwrap();
    folder.sqlite().execute(dead, [event.id.to_string(), head]).unwrap();
    let letters = second.dead_letters(10).await.unwrap();
    second.replay(&letters[0].id).await.unwrap();
    assert_eq!(running.next().await.id, event.id);
    running.stop().await;
}

#[tokio::test]
async fn a_publish_that_can_not_be_written_is_not_confirmed() {
    let folder = Folder::new();
    let bus = folder.open();
    bus.bind(&SUBSCRIPTION).await.unwrap();
    let sqlite = folder.sqlite();
    sqlite.execute_batch("CREATE TRIGGER full BEFORE INSERT ON queue BEGIN SELECT RAISE(ABORT, 'disk full'); END").unwrap();
    let answers = bus.publish_all(&[event(), event()]).await;
    assert!(answers.len() == 2 && answers.iter().all(|answer| matches!(answer, Err(PublishError::Unavailable(_)))), "{answers:?}");
    sqlite.execute_batch("DROP TRIGGER full").unwrap();
    bus.publish(&event()).await.unwrap();
    assert_eq!(bus.waiting("a").await.unwrap(), 1);
}

#[tokio::test]
async fn a_publish_that_can_not_be_written_does_not_take_others_with_it() {
    let folder = Folder::new();
    let bus = folder.open();
    bus.bind(&SUBSCRIPTION).await.unwrap();
    let (bad, good) = (event(), event());
    let refuse =
        format!("CREATE TRIGGER full BEFORE INSERT ON queue WHEN new.event = '{}' BEGIN SELECT RAISE(ABORT, 'refused'); END", bad.id);
    folder.sqlite().execute_batch(&refuse).unwrap();
    let (bad, good) = tokio::join!(bus.publish(&bad), bus.publish(&good));
    assert!(bad.is_err() && good.is_ok());
}

#[tokio::test]
async fn an_acknowledgement_that_can_not_be_written_is_kept_until_it_can() {
    let folder = Folder::new();
    let bus = folder.open();
    let mut running = Running::start(&bus, 100).await;
    let sqlite = folder.sqlite();
    sqlite.execute_batch("CREATE TRIGGER full BEFORE DELETE ON queue BEGIN SELECT RAISE(ABORT, 'disk full'); END").unwrap();
    let (first, second) = (event(), event());
    bus.publish(&first).await.unwrap();
    assert_eq!(running.next().await, first);
    bus.publish(&second).await.expect("publishing goes on");
    assert_eq!(running.next().await, second);
    sqlite.execute_batch("DROP TRIGGER full").unwrap();
    until_nothing_waits(&bus).await;
    running.stop().await;
}

#[tokio::test]
async fn an_event_over_which_the_process_ends_each_time_is_given_up_on() {
    let folder = Folder::new();
    let restarts = || folder.sqlite().query_row("SELECT restarts FROM queue", [], |row| row.get::<_, u32>(0)).unwrap();
    {
        let bus = folder.open();
        bus.bind(&SUBSCRIPTION).await.unwrap();
        bus.publish(&event()).await.unwrap();
    }
    {
        let bus = folder.open();
        let mut running = Running::start(&bus, 0).await;
        running.next().await;
        assert_eq!(restarts(), 1, "counted before it is handled");
        running.stop().await;
        assert_eq!(restarts(), 0, "a stop in good order is not the event's fault");
    }
    folder.sqlite().execute("UPDATE queue SET restarts = ?1", [MOST_RESTARTS]).unwrap();
    let bus = folder.open();
    let mut running = Running::start(&bus, 100).await;
    let neighbour = event();
    bus.publish(&neighbour).await.unwrap();
    assert_eq!(running.next().await, neighbour);
    let letters = bus.dead_letters(10).await.unwrap();
    assert!(letters.len() == 1 && letters[0].error.contains("process ended 20 times"), "{letters:?}");
    running.stop().await;
}

#[tokio::test]
async fn what_is_no_envelope_becomes_a_dead_letter() {
    let folder = Folder::new();
    let bus = folder.open();
    let id = event().id.to_string();
    folder.sqlite().execute("INSERT INTO queue (consumer, event, head, data) VALUES ('a', ?1, '{}', x'')", [&id]).unwrap();
    let mut running = Running::start(&bus, 100).await;
    let neighbour = event();
    bus.publish(&neighbour).await.unwrap();
    assert_eq!(running.next().await, neighbour);
    until_nothing_waits(&bus).await;
    let letters = bus.dead_letters(10).await.unwrap();
    assert!(letters.len() == 1 && letters[0].envelope.is_none() && letters[0].id.event.to_string() == id, "{letters:?}");
    running.stop().await;
}
