//! What can be seen only from inside: the writer's groups, interrupted reads, and what SQLite does for a page.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        mpsc,
    },
    time::Duration,
};

use kernel::{Actor, CompanyId, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Sqlite, readers::Snapshot, scan, schema::open_reader};
use crate::{Collection, Direction, Document, Error, Index, Query, Store, plan};

static ITEMS: Collection = Collection {
    name: "items",
    indexes: &[
        Index { name: "by_rank", fields: &["rank"], unique: false },
        Index { name: "by_kind", fields: &["kind", "rank"], unique: false },
    ],
    history: None,
    unaudited: &[],
};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Item {
    id: Uuid,
    kind: String,
    rank: i64,
}

impl Document for Item {
    const COLLECTION: &'static Collection = &ITEMS;
    fn id(&self) -> Uuid {
        self.id
    }
    fn version(&self) -> u64 {
        1
    }
}

fn item(number: u128) -> Item {
    Item { id: Uuid::from_u128(number), kind: "K".into(), rank: 0 }
}

const COMPANY: CompanyId = CompanyId::from_uuid(Uuid::from_u128(1));

async fn open() -> (Arc<Sqlite>, Store) {
    let sqlite = Arc::new(Sqlite::open_ephemeral(&[&ITEMS]).await.unwrap());
    (sqlite.clone(), Store::new(sqlite))
}

async fn insert(store: &Store, items: impl IntoIterator<Item = Item>) -> crate::Result<()> {
    let mut transaction = store.company(COMPANY).transaction(&Actor::Service { name: "tests".into() }, Timestamp::EPOCH);
    for item in items {
        transaction.insert(&item);
    }
    transaction.commit().await
}

/// Makes the writer wait, so that what follows is one group; the sender lets it go on.
fn hold(sqlite: &Arc<Sqlite>) -> (mpsc::Sender<()>, tokio::task::JoinHandle<crate::Result<u64>>) {
    let (go_on, wait) = mpsc::channel();
    let (holding, held) = mpsc::channel();
    let sqlite = sqlite.clone();
    #[expect(clippy::disallowed_methods, reason = "awaited by the test")]
    let task = tokio::spawn(async move {
        let hold = sqlite.writer.run(false, move |_| {
            let _ = holding.send(());
            let _ = wait.recv();
            Ok(0)
        });
        hold.await
    });
    held.recv().unwrap();
    (go_on, task)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transaction_that_fails_does_not_harm_its_group() {
    let (sqlite, store) = open().await;
    insert(&store, [item(1)]).await.unwrap();
    let (go_on, held) = hold(&sqlite);
    let (first, second, third, ()) =
        tokio::join!(insert(&store, [item(2)]), insert(&store, [item(3), item(1)]), insert(&store, [item(4)]), async {
            go_on.send(()).unwrap()
        },);
    held.await.unwrap().unwrap();
    first.unwrap();
    assert!(matches!(second, Err(Error::Conflict { current: Some(1), .. })));
    third.unwrap();
    let there = store.company(COMPANY).find::<Item>(&Query::by("rank")).await.unwrap().items;
    assert_eq!(there, [item(1), item(2), item(4)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn when_a_group_is_undone_nobody_is_told_otherwise() {
    let (sqlite, store) = open().await;
    let (go_on, held) = hold(&sqlite);
    // As SQLite does by itself when the disk is full.
    let undo = sqlite.writer.run(false, |connection| {
        connection.execute_batch("ROLLBACK")?;
        Err(Error::internal("the disk is full"))
    });
    let (before, undone, after, ()) =
        tokio::join!(insert(&store, [item(1)]), undo, insert(&store, [item(2)]), async { go_on.send(()).unwrap() });
    assert!(matches!(before, Err(Error::Unavailable(_))));
    assert!(matches!(undone, Err(Error::Unavailable(_))));
    assert!(matches!(after, Err(Error::Unavailable(_))));
    held.await.unwrap().unwrap();
    assert_eq!(store.company(COMPANY).find::<Item>(&Query::by("rank")).await.unwrap().items, []);
    insert(&store, [item(3)]).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_whose_caller_gave_up_before_its_turn_is_not_done() {
    let (sqlite, store) = open().await;
    let (go_on, held) = hold(&sqlite);
    let hasty = store.clone().with_deadline(Duration::from_millis(20));
    assert!(matches!(insert(&hasty, [item(1)]).await, Err(Error::Unavailable(_))));
    go_on.send(()).unwrap();
    held.await.unwrap().unwrap();
    insert(&store, [item(2)]).await.unwrap();
    assert_eq!(store.company(COMPANY).find::<Item>(&Query::by("rank")).await.unwrap().items, [item(2)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_is_unavailable_reads_go_on_and_it_recovers() {
    let (sqlite, store) = open().await;
    insert(&store, (0..10).map(item)).await.unwrap();
    let limit = |pages: i64| {
        sqlite.writer.run(false, move |connection| {
            connection.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(()))?;
            Ok(0)
        })
    };
    limit(1).await.unwrap();
    let mut refused = None;
    for batch in 1..50 {
        if let Err(error) = insert(&store, (batch * 100..batch * 100 + 100).map(item)).await {
            refused = Some((error, batch));
            break;
        }
    }
    let (error, batch) = refused.unwrap();
    assert!(matches!(&error, Error::Unavailable(cause) if cause.to_string().contains("full")), "{error}");
    let company = store.company(COMPANY);
    assert_eq!(company.count::<Item>(&Query::by("rank"), 10_000).await.unwrap(), (batch as u64 - 1) * 100 + 10);
    limit(1_000_000).await.unwrap();
    insert(&store, [item(99_999)]).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_read_that_nobody_waits_for_is_interrupted() {
    let (sqlite, store) = open().await;
    for _ in 0..20 {
        let endless = sqlite.readers.read(|snapshot| {
            let count = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n";
            Ok(snapshot.connection.query_row(count, [], |row| row.get::<_, i64>(0))?)
        });
        assert!(tokio::time::timeout(Duration::from_millis(10), endless).await.is_err());
    }
    // Were they still at it, no connection would be left.
    assert_eq!(store.company(COMPANY).get::<Item>(Uuid::nil()).await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_missing_answer_is_unavailable_in_time() {
    let (sqlite, store) = open().await;
    let (go_on, held) = hold(&sqlite);
    let hasty = store.clone().with_deadline(Duration::from_millis(20));
    assert!(matches!(hasty.ping().await, Err(Error::Unavailable(_))));
    assert!(matches!(hasty.add_company(COMPANY).await, Err(Error::Unavailable(_))));
    assert!(matches!(hasty.outbox().forget_sent(Timestamp::EPOCH).await, Err(Error::Unavailable(_))));
    go_on.send(()).unwrap();
    held.await.unwrap().unwrap();
    store.ping().await.unwrap();
}

/// The steps of SQLite's machine that a list takes.
fn steps(sqlite: &Sqlite, query: &Query) -> u64 {
    let steps = Arc::new(AtomicU64::new(0));
    let counter = steps.clone();
    let mut connection = open_reader(sqlite.readers.path()).unwrap();
    let count = move || {
        counter.fetch_add(1, Ordering::Relaxed);
        false
    };
    connection.progress_handler(1, Some(count)).unwrap();
    let scan = plan::scan(&ITEMS, query, plan::digest(COMPANY, &ITEMS, query)).unwrap().unwrap();
    let snapshot = Snapshot { connection: &connection, examined: &AtomicU64::new(0) };
    let found = scan::find(&snapshot, sqlite.tables.of(&ITEMS).unwrap(), COMPANY, &scan).unwrap();
    assert_eq!(found.len(), query.page_size + 1);
    steps.load(Ordering::Relaxed)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlite_goes_straight_to_a_page_among_equal_sort_values_too() {
    let (sqlite, store) = open().await;
    let mut measured: Vec<Vec<u64>> = Vec::new();
    let mut there = 0;
    for total in [500, 20_000_u128] {
        for chunk in (there..total).collect::<Vec<_>>().chunks(1_000) {
            insert(&store, chunk.iter().copied().map(item)).await.unwrap();
        }
        there = total;
        let mut costs = Vec::new();
        for direction in [Direction::Ascending, Direction::Descending] {
            for list in [
                Query::by("rank"),
                Query::by("rank").eq("kind", "K"),
                Query::by("rank").eq("kind", "K").range("rank", Some(0), Some(1)),
                Query::by("rank").is_in("kind", ["J", "K"]),
            ] {
                let list = list.direction(direction).page(20, None);
                let cursor = plan::cursor(plan::digest(COMPANY, &ITEMS, &list), &0.into(), Uuid::from_u128(total / 2)).unwrap();
                costs.push(steps(&sqlite, &list));
                costs.push(steps(&sqlite, &list.page(20, cursor.encode())));
            }
        }
        measured.push(costs);
    }
    for (small, large) in measured[0].iter().zip(&measured[1]) {
        assert!(large <= &(small + 50), "{measured:?}");
    }
}
