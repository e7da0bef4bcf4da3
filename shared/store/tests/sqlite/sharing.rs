//! One file, several stores, as in several processes.

use kernel::Timestamp;
use store::{Error, Query, Store};
use tempfile::tempdir;

use crate::thing::{THINGS, Thing, actor, company, insert};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_stores_on_one_file_see_each_other_and_conflict_as_one() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("things.db");
    // Opened at once, so that both bring the file to its layout.
    let collections = [&THINGS];
    let (one, two) = tokio::join!(Store::sqlite(&path, &collections), Store::sqlite(&path, &collections));
    let stores = [one.unwrap(), two.unwrap()];
    let mut before = Thing::from(1);
    insert(&stores[0], [before.clone()]).await.unwrap();
    for round in 0..30 {
        let after = Thing { version: before.version + 1, rank: round, ..before.clone() };
        let attempts = stores.iter().map(|store| {
            let mut transaction = company(store).transaction(&actor(), Timestamp::EPOCH);
            transaction.update(&before, &after);
            transaction.commit()
        });
        let results = futures::future::join_all(attempts).await;
        assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
        assert!(results.iter().all(|result| matches!(result, Ok(()) | Err(Error::Conflict { .. }))));
        for store in &stores {
            assert_eq!(company(store).find::<Thing>(&Query::by("rank")).await.unwrap().items, std::slice::from_ref(&after));
        }
        before = after;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn whoever_opens_a_new_file_at_once_with_others_opens_it() {
    for round in 0..30 {
        let folder = tempdir().unwrap();
        let path = folder.path().join("things.db");
        let collections = [&THINGS];
        let stores = futures::future::join_all((0..4).map(|_| Store::sqlite(&path, &collections))).await;
        stores.into_iter().for_each(|store| assert!(store.is_ok(), "round {round}: {:?}", store.err()));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn reads_see_whole_transactions_while_others_write() {
    let store = Store::sqlite_in_memory(&[&THINGS]).await.unwrap();
    let writing = async {
        for number in (0..600).step_by(3) {
            insert(&store, (number..number + 3).map(Thing::from)).await.unwrap();
        }
    };
    let reading = async {
        loop {
            let query = Query::by("rank").page(1_000, None);
            let pages = company(&store).find_each::<Thing>(&[query.clone(), query.clone().descending()]).await.unwrap();
            let counts: Vec<usize> = pages.into_iter().map(|page| page.unwrap().items.len()).collect();
            assert!(counts[0] == counts[1] && counts[0].is_multiple_of(3), "{counts:?}");
            if counts[0] == 600 {
                break;
            }
        }
    };
    tokio::join!(writing, reading);
}
