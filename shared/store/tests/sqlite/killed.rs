//! A process that is killed while it commits: everything acknowledged is there, nothing is there by half.

use std::{
    collections::BTreeSet,
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Command, Stdio},
};

use kernel::Timestamp;
use store::{HistoryEntry, Query, Store};
use tempfile::tempdir;
use uuid::Uuid;

use crate::thing::{TAGGED_THINGS, TaggedThing, actor, company, event};

/// Where the child finds its file, and its round. This test binary runs itself as the child.
const FILE: &str = "STORE_TESTS_KILLED_FILE";
const ROUND: &str = "STORE_TESTS_KILLED_ROUND";
const WRITERS: u128 = 16;
const ROUNDS: u128 = 10;

/// In the child: commits as fast as it can from several tasks and tells what was acknowledged, until it is killed.
/// Without the file's name there is nothing to do.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn child_that_is_killed() {
    let (Some(file), Some(round)) = (std::env::var_os(FILE), std::env::var_os(ROUND)) else { return };
    let round: u128 = round.to_str().unwrap().parse().unwrap();
    let store = Store::sqlite(file, &[&TAGGED_THINGS]).await.unwrap();
    let company = company(&store);
    let writers = (0..WRITERS).map(|writer| {
        let company = company.clone();
        async move {
            for n in 0.. {
                let number = (round << 64) | (writer << 32) | n;
                let first = TaggedThing { code: None, ..TaggedThing::from(number) };
                let second = TaggedThing { version: 2, rank: 7, ..first.clone() };
                // Three documents, two events and a mark in one transaction.
                let mut transaction = company.transaction(&actor(), Timestamp::EPOCH);
                transaction
                    .insert(&first)
                    .update(&first, &second)
                    .insert(&TaggedThing { code: None, ..TaggedThing::from(number | (1 << 100)) });
                transaction.publish(event(&company, number)).publish(event(&company, number | (1 << 100)));
                transaction.received("consumer", event(&company, number).id);
                transaction.commit().await.unwrap();
                println!("acknowledged {number}");
            }
        }
    });
    futures::future::join_all(writers).await;
}

/// Runs the child, kills it after `lines` acknowledgements, and answers all that it acknowledged.
fn kill_after(lines: usize, file: &Path, round: u128) -> BTreeSet<u128> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["killed::child_that_is_killed", "--exact", "--nocapture"])
        .env(FILE, file)
        .env(ROUND, round.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut acknowledged = BTreeSet::new();
    let mut killed = false;
    let mut line = String::new();
    while output.read_line(&mut line).unwrap() > 0 {
        if let Some(number) = line.strip_prefix("acknowledged ").and_then(|rest| rest.strip_suffix('\n')) {
            acknowledged.insert(number.parse().unwrap());
        }
        line.clear();
        if acknowledged.len() >= lines && !killed {
            child.kill().unwrap();
            killed = true;
        }
    }
    let status = child.wait().unwrap();
    assert!(killed && !status.success(), "the child ended by itself: {status}");
    acknowledged
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_survives_and_nothing_is_there_by_half() {
    let folder = tempdir().unwrap();
    let file = folder.path().join("things.db");
    let mut acknowledged = BTreeSet::new();
    for round in 1..=ROUNDS {
        acknowledged.extend(kill_after(usize::try_from(round * round * 7).unwrap(), &file, round));

        let check: String = rusqlite::Connection::open(&file).unwrap().query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
        assert_eq!(check, "ok");
        let store = Store::sqlite(&file, &[&TAGGED_THINGS]).await.unwrap();
        let company = company(&store);

        // Both documents of a transaction or none, at the versions they must have, in every index.
        let mut there = BTreeSet::new();
        let mut query = Query::by("rank").page(1_000, None);
        loop {
            let page = company.find::<TaggedThing>(&query).await.unwrap();
            query.page_token = page.next_page_token();
            there.extend(page.items.iter().map(|thing| (thing.id.as_u128(), thing.version)));
            if query.page_token.is_none() {
                break;
            }
        }
        let first: BTreeSet<u128> = there.iter().filter(|(_, version)| *version == 2).map(|(number, _)| *number).collect();
        let second: BTreeSet<u128> = there.iter().filter(|(_, version)| *version == 1).map(|(number, _)| number & !(1 << 100)).collect();
        assert_eq!(first, second);
        assert!(acknowledged.is_subset(&first), "lost: {:?}", acknowledged.difference(&first));
        let tagged = Query::by("rank").is_in("tags", ["t0", "t1", "t2"]);
        assert_eq!(company.count::<TaggedThing>(&tagged, u64::MAX).await.unwrap(), there.len() as u64);

        // Their events, in pairs, and their history.
        let events: Vec<u128> = store.outbox().pending(usize::MAX).await.unwrap().iter().map(|event| event.subject.as_u128()).collect();
        assert_eq!(events.iter().copied().collect::<BTreeSet<_>>(), there.iter().map(|(number, _)| *number).collect());
        assert!(events.chunks(2).all(|pair| pair[0] | (1 << 100) == pair[1]));
        for number in acknowledged.iter().take(50) {
            let history = Query::by("version").eq("entity_id", Uuid::from_u128(*number));
            assert_eq!(company.count::<HistoryEntry>(&history, 10).await.unwrap(), 2);
        }
    }
}
