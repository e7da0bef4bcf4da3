//! Events that wait to be published.

use std::time::Duration;

use kernel::{Envelope, EventId};
use store::{CompanyStore, Error, Store};

use crate::fixture::{Visit, at, company, event, insert, other_company, transaction};

async fn publish(company: &CompanyStore, subjects: impl IntoIterator<Item = u128>) -> Vec<Envelope> {
    let events: Vec<Envelope> = subjects.into_iter().map(|subject| event(company, subject)).collect();
    let mut transaction = transaction(company);
    events.iter().cloned().for_each(|event| {
        transaction.publish(event);
    });
    transaction.commit().await.unwrap();
    events
}

fn ids(events: &[Envelope]) -> Vec<EventId> {
    events.iter().map(|event| event.id).collect()
}

pub(crate) async fn events_come_in_the_order_of_commits_until_marked(store: Store) {
    let outbox = store.outbox();
    assert_eq!(outbox.pending(10).await.unwrap(), []);
    let mut events = publish(&company(&store), [1, 2]).await;
    events.extend(publish(&other_company(&store), [3]).await);
    events.extend(publish(&company(&store), [4, 5]).await);
    assert_eq!(outbox.pending(10).await.unwrap(), events);
    assert_eq!(outbox.pending(3).await.unwrap(), events[..3]);
    outbox.mark_sent(&ids(&events[1..3])).await.unwrap();
    outbox.mark_sent(&ids(&events[1..2])).await.unwrap();
    outbox.mark_sent(&[event(&company(&store), 9).id]).await.unwrap();
    outbox.mark_sent(&[]).await.unwrap();
    assert_eq!(outbox.pending(10).await.unwrap(), [&events[..1], &events[3..]].concat());
}

pub(crate) async fn a_failed_commit_publishes_nothing(store: Store) {
    let company = company(&store);
    insert(&company, [Visit::new(1)]).await;
    let mut transaction = transaction(&company);
    transaction.publish(event(&company, 1)).insert(&Visit::new(1));
    assert!(matches!(transaction.commit().await, Err(Error::Conflict { .. })));
    assert_eq!(store.outbox().pending(10).await.unwrap(), []);
}

pub(crate) async fn a_commit_with_events_wakes_the_relay(store: Store) {
    let outbox = store.outbox();
    let company = company(&store);
    // The first call looks at what was there before.
    tokio::time::timeout(Duration::from_secs(5), outbox.committed()).await.unwrap();
    for round in 0..20 {
        // Committed before anybody waits, and while somebody waits.
        if round % 2 == 0 {
            publish(&company, [1]).await;
            tokio::time::timeout(Duration::from_secs(5), outbox.committed()).await.unwrap();
        } else {
            let ((), _) = tokio::time::timeout(Duration::from_secs(5), async { tokio::join!(outbox.committed(), publish(&company, [1])) })
                .await
                .unwrap();
        }
    }
    assert_eq!(outbox.pending(100).await.unwrap().len(), 20);
}

pub(crate) async fn depth_tells_count_and_oldest(store: Store) {
    let outbox = store.outbox();
    assert_eq!(outbox.depth().await.unwrap(), (0, None));
    let events = publish(&company(&store), [5, 6, 7]).await;
    assert_eq!(outbox.depth().await.unwrap(), (3, Some(at(1_005))));
    outbox.mark_sent(&ids(&events[..1])).await.unwrap();
    assert_eq!(outbox.depth().await.unwrap(), (2, Some(at(1_006))));
}

pub(crate) async fn sent_events_are_forgotten_pending_ones_are_not(store: Store) {
    let outbox = store.outbox();
    let events = publish(&company(&store), 0..2_500).await;
    outbox.mark_sent(&ids(&events[1..])).await.unwrap();
    assert_eq!(outbox.forget_sent(at(1_000 + 2_200)).await.unwrap(), 2_199);
    assert_eq!(outbox.forget_sent(at(1_000 + 2_200)).await.unwrap(), 0);
    assert_eq!(outbox.forget_sent(at(1_000 + 9_999)).await.unwrap(), 300);
    assert_eq!(outbox.pending(10).await.unwrap(), events[..1]);
}

pub(crate) async fn an_event_of_another_company_is_refused(store: Store) {
    let mut transaction = transaction(&company(&store));
    transaction.publish(event(&other_company(&store), 1));
    assert!(matches!(transaction.commit().await, Err(Error::Internal(_))));
    assert_eq!(store.outbox().pending(10).await.unwrap(), []);
}
