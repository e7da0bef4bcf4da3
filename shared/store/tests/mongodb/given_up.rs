//! Commits that nobody waits for any more, and commits that meet.

use std::time::Duration;

use store::{CompanyStore, Error, Query, Store};

use crate::{
    fixture::{COLLECTIONS, Copy, Visit, company, event, insert, numbers, transaction, update},
    scratch::Scratch,
};

async fn whole(store: &Store, company: &CompanyStore, id: u128) -> bool {
    let visit = company.get::<Visit>(uuid::Uuid::from_u128(id)).await.unwrap().is_some();
    let copy = company.get::<Copy>(uuid::Uuid::from_u128(id)).await.unwrap().is_some();
    let events = store.outbox().pending(10_000).await.unwrap();
    let event = events.iter().any(|event| event.subject.as_u128() == id);
    assert!(visit == copy && copy == event, "half a transaction: {visit} {copy} {event}");
    visit
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_that_is_given_up_is_done_wholly_or_not_and_holds_nobody_up() {
    let scratch = Scratch::new();
    let store = scratch.open(COLLECTIONS);
    let company = company(&store);
    let mut shared = Copy::new(1_000_000, "shared");
    insert(&company, [shared.clone()]).await;
    let mut done = 0;
    for round in 0..60_u128 {
        let mut commit = transaction(&company);
        let touched = Copy { version: shared.version + 1, ..shared.clone() };
        commit.update(&shared, &touched).insert(&Visit::new(round)).insert(&Copy::new(round, "x")).publish(event(&company, round));
        let patience = Duration::from_micros(u64::try_from(round).unwrap() * 150);
        let _outcome = tokio::time::timeout(patience, commit.commit()).await;
        // The next one changes the same document, which one that lingers would hold.
        let begun = std::time::Instant::now();
        loop {
            shared = company.get(shared.id).await.unwrap().unwrap();
            match update(&company, &shared, &Copy { version: shared.version + 1, ..shared.clone() }).await {
                Ok(()) => break,
                Err(Error::Conflict { .. }) => {}
                Err(error) => panic!("{error}"),
            }
        }
        assert!(begun.elapsed() < Duration::from_secs(3), "round {round} took {:?}", begun.elapsed());
        shared.version += 1;
        done += usize::from(whole(&store, &company, round).await);
    }
    assert!(done < 60, "some were given up");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commits_that_meet_are_all_done_where_none_expects_what_another_changes() {
    let scratch = Scratch::new();
    let (one, other) = (scratch.open(COLLECTIONS), scratch.open(COLLECTIONS));
    let commits = (0..200_u128).map(|n| {
        let company = company(if n % 2 == 0 { &one } else { &other });
        async move {
            let mut commit = transaction(&company);
            // All of them replace the same copy.
            commit.put(&Copy::new(1, format!("{n}"))).insert(&Visit::new(n)).publish(event(&company, n));
            commit.commit().await
        }
    });
    futures::future::try_join_all(commits.take(40)).await.unwrap();
    assert_eq!(numbers(&company(&one), Query::by("starts_at").page(100, None)).await.len(), 40);
    assert_eq!(one.outbox().depth().await.unwrap().0, 40);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_values_than_one_find_takes_are_merged() {
    let scratch = Scratch::new();
    let store = scratch.open(COLLECTIONS);
    let company = company(&store);
    let visits = (1..=600_u128).map(|n| Visit {
        status: format!("S{}", n % 300),
        starts_at: i64::try_from(n / 7).unwrap(),
        crew: vec![format!("S{}", n % 300), format!("S{}", n % 50)],
        ..Visit::new(n)
    });
    insert(&company, visits).await;
    for field in ["status", "crew"] {
        let all = Query::by("starts_at").is_in(field, (0..300).map(|n| format!("S{n}")));
        assert_eq!(numbers(&company, all.clone().page(70, None)).await, (1..=600).collect::<Vec<_>>());
        assert_eq!(numbers(&company, all.clone().descending().page(1_000, None)).await, (1..=600).rev().collect::<Vec<_>>());
        assert_eq!(company.count::<Visit>(&all, 1_000).await.unwrap(), 600);
    }
}
