//! Everything handed over as of one moment, and taken in again.

use kernel::Timestamp;
use store::{
    CompanyStore, Error, HistoryEntry, Query, Store,
    backend::{MAX_RECORDS, Record},
};
use tokio::sync::mpsc;
use uuid::Uuid;

use crate::fixture::{Copy, UNDECLARED, Visit, all, at, company, event, insert, numbers, other_company, transaction, update};

/// Everything that the store hands over, in an order of its own within documents and marks.
async fn exported(store: &Store) -> Vec<Record> {
    let (sender, mut receiver) = mpsc::channel(8);
    let mut records = Vec::new();
    let receiving = async {
        while let Some(record) = receiver.recv().await {
            records.push(record);
        }
    };
    let (export, ()) = tokio::join!(store.export(sender), receiving);
    export.unwrap();
    records
}

async fn import(store: &Store, records: impl IntoIterator<Item = Record>) -> store::Result<u64> {
    let (sender, receiver) = mpsc::channel(8);
    let sending = async move {
        for record in records {
            if sender.send(record).await.is_err() {
                break;
            }
        }
    };
    tokio::join!(store.import(receiver), sending).0
}

/// The records as they can be compared: events keep their order, since it is that of the commits.
fn sorted(records: &[Record]) -> Vec<String> {
    let text = |record: &Record| serde_json::to_string(record).unwrap();
    let (events, others): (Vec<&Record>, Vec<&Record>) = records.iter().partition(|record| matches!(record, Record::Event { .. }));
    let mut texts: Vec<String> = others.into_iter().map(text).collect();
    texts.sort_unstable();
    texts.extend(events.into_iter().map(text));
    texts
}

/// Two companies, documents with history, sent and pending events, marks.
async fn fill(store: &Store) -> Visit {
    for company in [company(store), other_company(store)] {
        store.add_company(company.id()).await.unwrap();
        insert(&company, (1..=MAX_RECORDS as u128 + 20).map(|n| Copy::new(n, format!("n{n}")))).await;
    }
    let company = company(store);
    let first = Visit { number: Some("A1".into()), terms: vec!["rīga".into()], rank: Some(3), ..Visit::new(7) };
    let second = first.changed(|visit| visit.name = "Jānis \"J\" Ozols\n".into());
    insert(&company, [first.clone(), Visit::new(8)]).await;
    update(&company, &first, &second).await.unwrap();
    let events: Vec<_> = (1..=4).map(|n| event(&company, n)).collect();
    let mut commit = transaction(&company);
    commit.received("consumer", events[0].id).received("other", events[0].id);
    events.iter().cloned().for_each(|event| {
        commit.publish(event);
    });
    commit.commit().await.unwrap();
    store.outbox().mark_sent(&[events[1].id, events[2].id]).await.unwrap();
    second
}

pub(crate) async fn what_is_taken_in_is_the_same_store((from, to): (Store, Store)) {
    let visit = fill(&from).await;
    let records = exported(&from).await;
    assert_eq!(import(&to, records.clone()).await.unwrap(), records.len() as u64);
    assert_eq!(sorted(&exported(&to).await), sorted(&records));

    assert_eq!(to.companies().await.unwrap(), from.companies().await.unwrap());
    assert_eq!(to.outbox().pending(10).await.unwrap(), from.outbox().pending(10).await.unwrap());
    let (there, here) = (company(&to), company(&from));
    let history = Query::by("version").eq("entity_id", visit.id);
    assert_eq!(all::<HistoryEntry>(&there, history.clone()).await, all::<HistoryEntry>(&here, history).await);
    assert_eq!(there.find_one::<Visit>("number", "A1").await.unwrap().as_ref(), Some(&visit));
    assert_eq!(there.search::<Visit>("by_terms", &["rīg".into()], &[]).await.unwrap().0, std::slice::from_ref(&visit));
    // It goes on as the other would: versions, unique keys, marks.
    update(&there, &visit, &visit.changed(|visit| visit.rank = None)).await.unwrap();
    let twin = Visit { number: Some("A1".into()), ..Visit::new(9) };
    let mut taken = transaction(&there);
    taken.insert(&twin);
    assert!(matches!(taken.commit().await, Err(Error::Taken { .. })));
    let mut again = transaction(&there);
    again.received("consumer", from.outbox().pending(1).await.unwrap()[0].id);
    assert!(matches!(again.commit().await, Err(Error::AlreadyReceived)));
    let later = event(&there, 9);
    let mut publish = transaction(&there);
    publish.publish(later.clone());
    publish.commit().await.unwrap();
    assert_eq!(to.outbox().pending(10).await.unwrap().last(), Some(&later), "new events come after those taken in");
}

pub(crate) async fn an_export_is_of_one_moment_while_others_write((store, to): (Store, Store)) {
    let company = company(&store);
    // Each commit writes a visit, a copy, an event and a mark: any moment has as many of each.
    let write = async |n: u128| {
        let happened = event(&company, n);
        let mut commit = transaction(&company);
        commit.insert(&Visit::new(n)).insert(&Copy::new(n, "x")).received("consumer", happened.id).publish(happened);
        commit.commit().await.unwrap();
    };
    for n in 0..40 {
        write(n).await;
    }
    let (sender, mut receiver) = mpsc::channel(1);
    let mut records = Vec::new();
    let receiving = async {
        let mut n = 100;
        while let Some(record) = receiver.recv().await {
            records.push(record);
            if records.len() % 3 == 0 {
                write(n).await;
                n += 1;
            }
        }
        assert!(n > 110, "others wrote meanwhile");
    };
    let (export, ()) = tokio::join!(store.export(sender), receiving);
    export.unwrap();

    let count = |kind: fn(&Record) -> bool| records.iter().filter(|record| kind(record)).count();
    let visits = count(|record| matches!(record, Record::Document { collection, .. } if collection == "visits"));
    assert_eq!(visits, count(|record| matches!(record, Record::Document { collection, .. } if collection == "copies")));
    assert_eq!(visits, count(|record| matches!(record, Record::Document { collection, .. } if collection == "history")));
    assert_eq!(visits, count(|record| matches!(record, Record::Event { .. })));
    assert_eq!(visits, count(|record| matches!(record, Record::Mark { .. })));
    import(&to, records).await.unwrap();
}

pub(crate) async fn a_store_that_holds_anything_takes_nothing_in((from, to): (Store, Store)) {
    fill(&from).await;
    assert!(to.is_empty().await.unwrap());
    to.add_company(company(&to).id()).await.unwrap();
    assert!(!to.is_empty().await.unwrap());
    assert!(matches!(import(&to, exported(&from).await).await, Err(Error::NotEmpty)));
    assert_eq!(exported(&to).await, [Record::Company(company(&to).id())]);
}

pub(crate) async fn a_store_with_marks_alone_is_not_empty((store, _): (Store, Store)) {
    let company: CompanyStore = company(&store);
    let mut received = transaction(&company);
    received.received("consumer", event(&company, 1).id);
    received.commit().await.unwrap();
    assert!(!store.is_empty().await.unwrap());
}

pub(crate) async fn a_collection_that_is_not_known_is_named((_, to): (Store, Store)) {
    let record = Record::Document {
        company: company(&to).id(),
        collection: UNDECLARED.name.into(),
        id: Uuid::from_u128(1),
        version: 1,
        fields: serde_json::Map::new(),
    };
    let refused = import(&to, [record]).await.unwrap_err();
    assert!(matches!(&refused, Error::Foreign(told) if told.contains("undeclared")), "{refused}");
    assert!(to.is_empty().await.unwrap());
}

pub(crate) async fn a_batch_taken_in_twice_changes_nothing((from, to): (Store, Store)) {
    fill(&from).await;
    let records = exported(&from).await;
    to.take_in(records.clone()).await.unwrap();
    to.take_in(records.clone()).await.unwrap();
    assert_eq!(sorted(&exported(&to).await), sorted(&records));
}

pub(crate) async fn an_export_that_nobody_takes_ends((store, _): (Store, Store)) {
    fill(&store).await;
    let (sender, mut receiver) = mpsc::channel(1);
    let receiving = async move {
        receiver.recv().await.unwrap();
        drop(receiver);
    };
    let (export, ()) = tokio::join!(store.export(sender), receiving);
    assert!(matches!(export, Err(Error::Unavailable(_))));
    // And leaves nothing behind that would keep others from working.
    insert(&company(&store), [Visit::new(99)]).await;
    assert!(numbers(&company(&store), Query::by("starts_at")).await.contains(&99));
}

pub(crate) async fn sent_events_of_since_are_pending_again((store, _): (Store, Store)) {
    let company = company(&store);
    let outbox = store.outbox();
    let events: Vec<_> = (1..=5).map(|n| event(&company, n)).collect();
    let mut commit = transaction(&company);
    events.iter().cloned().for_each(|event| {
        commit.publish(event);
    });
    commit.commit().await.unwrap();
    outbox.mark_sent(&events[..4].iter().map(|event| event.id).collect::<Vec<_>>()).await.unwrap();
    outbox.committed().await;
    // Their times are 1,001 to 1,005.
    assert_eq!(outbox.resend(at(1_003)).await.unwrap(), 2);
    tokio::time::timeout(std::time::Duration::from_secs(5), outbox.committed()).await.expect("the relay is woken");
    assert_eq!(outbox.pending(10).await.unwrap(), events[2..]);
    assert_eq!(outbox.resend(at(1_003)).await.unwrap(), 0, "they are pending");
    assert_eq!(outbox.resend(Timestamp::EPOCH).await.unwrap(), 2);
    assert_eq!(outbox.pending(10).await.unwrap(), events, "in the order of the commits");
}
