//! What is forgotten about an entity.

use store::{Action, CompanyStore, Error, HistoryEntry, Query, Store, Transaction, backend::Record};
use tokio::sync::mpsc;
use uuid::Uuid;

use crate::fixture::{Visit, actor, all, at, company, event, insert, other_company, transaction, update};

async fn entries(company: &CompanyStore, entity: u128) -> Vec<HistoryEntry> {
    all(company, Query::by("version").eq("entity_id", Uuid::from_u128(entity))).await
}

/// The whole store as text.
async fn everything(store: &Store) -> String {
    let (sender, mut receiver) = mpsc::channel::<Record>(64);
    let mut text = String::new();
    let receiving = async {
        while let Some(record) = receiver.recv().await {
            text.push_str(&serde_json::to_string(&record).unwrap());
            if let Record::Event { envelope, .. } = record {
                text.push_str(&String::from_utf8_lossy(&envelope.data));
            }
        }
    };
    tokio::join!(store.export(sender), receiving).0.unwrap();
    text
}

fn publish(transaction: &mut Transaction, company: &CompanyStore, subject: u128, data: &str) -> kernel::EventId {
    let event = kernel::Envelope { data: data.into(), ..event(company, subject) };
    let id = event.id;
    transaction.publish(event);
    id
}

/// Visits 1 and 2 of Anna and Rita in either company, each with two entries, a sent and a pending event.
async fn fill(store: &Store) {
    for company in [company(store), other_company(store)] {
        for (number, name) in [(1, "Anna"), (2, "Rita")] {
            let first = Visit { name: name.into(), ..Visit::new(number) };
            insert(&company, [first.clone()]).await;
            update(&company, &first, &first.changed(|visit| visit.name.push_str(" Ozola"))).await.unwrap();
            let mut commit = transaction(&company);
            let sent = publish(&mut commit, &company, number, name);
            publish(&mut commit, &company, number, name);
            commit.commit().await.unwrap();
            store.outbox().mark_sent(&[sent]).await.unwrap();
        }
    }
}

pub(crate) async fn values_and_events_go_with_the_commit_and_nothing_else(store: Store) {
    fill(&store).await;
    let (company, other) = (company(&store), other_company(&store));
    let (theirs, rita) = (entries(&other, 1).await, entries(&company, 2).await);
    let told = entries(&company, 1).await;
    let visit: Visit = company.get(Uuid::from_u128(1)).await.unwrap().unwrap();

    let mut erase = company.transaction(&actor(), at(5_000));
    erase.update(&visit, &visit.changed(|visit| visit.name = "-".into()));
    publish(&mut erase, &company, 1, "erased");
    erase.forget(visit.id);
    erase.commit().await.unwrap();

    let entries = entries(&company, 1).await;
    assert_eq!(
        entries.iter().map(|entry| (entry.version, entry.action)).collect::<Vec<_>>(),
        [(1, Action::Created), (2, Action::Updated), (3, Action::Updated)]
    );
    assert!(entries.iter().flat_map(|entry| &entry.changes).all(|change| change.from.is_none() && change.to.is_none()), "{entries:?}");
    let fields = |entry: &HistoryEntry| entry.changes.iter().map(|change| change.field.clone()).collect::<Vec<_>>();
    assert_eq!(fields(&entries[0]), fields(&told[0]), "which fields were changed is still told");
    assert_eq!(fields(&entries[2]), ["name"]);
    assert_eq!((entries[1].at, &entries[1].actor), (told[1].at, &told[1].actor), "and by whom and when");

    assert_eq!(self::entries(&company, 2).await, rita);
    assert_eq!(self::entries(&other, 1).await, theirs);
    let pending = store.outbox().pending(10).await.unwrap();
    let pending: Vec<_> = pending.iter().map(|event| (event.company == company.id(), event.subject.as_u128(), &*event.data)).collect();
    assert_eq!(pending, [(true, 2, b"Rita".as_slice()), (false, 1, b"Anna"), (false, 2, b"Rita"), (true, 1, b"erased")]);
    assert_eq!(store.outbox().resend(kernel::Timestamp::EPOCH).await.unwrap(), 3, "sent ones are gone as well");
}

pub(crate) async fn no_trace_is_left_in_what_is_handed_over(store: Store) {
    let company = company(&store);
    let first = Visit { name: "Anna Ozola".into(), terms: vec!["ozola".into()], ..Visit::new(1) };
    insert(&company, [first.clone()]).await;
    let mut commit = transaction(&company);
    publish(&mut commit, &company, 1, "Anna Ozola");
    commit.commit().await.unwrap();
    assert!(everything(&store).await.contains("Ozola"));
    let mut erase = transaction(&company);
    erase.forget(first.id).update(&first, &first.changed(|visit| (visit.name, visit.terms) = (String::new(), Vec::new())));
    erase.commit().await.unwrap();
    let left = everything(&store).await;
    assert!(!left.to_lowercase().contains("ozola") && left.contains("visit"), "{left}");
}

pub(crate) async fn a_deleted_entity_is_forgotten_too(store: Store) {
    fill(&store).await;
    let company = company(&store);
    let visit: Visit = company.get(Uuid::from_u128(1)).await.unwrap().unwrap();
    let mut delete = transaction(&company);
    delete.delete(&visit).forget(visit.id);
    delete.commit().await.unwrap();
    let entries = entries(&company, 1).await;
    assert_eq!(entries.last().unwrap().action, Action::Deleted);
    assert!(entries.iter().flat_map(|entry| &entry.changes).all(|change| change.from.is_none() && change.to.is_none()));
    // Once more finds nothing to do.
    let mut again = transaction(&company);
    again.forget(visit.id).forget(Uuid::from_u128(404));
    again.commit().await.unwrap();
}

pub(crate) async fn a_failed_commit_forgets_nothing(store: Store) {
    fill(&store).await;
    let company = company(&store);
    let before = everything(&store).await;
    let mut erase = transaction(&company);
    erase.forget(Uuid::from_u128(1)).insert(&Visit::new(2));
    assert!(matches!(erase.commit().await, Err(Error::Conflict { .. })));
    assert_eq!(everything(&store).await, before);
}
