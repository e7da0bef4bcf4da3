//! What only the primary has, because the other nodes stand still: it may be lost with it.

use std::time::Duration;

use components::MongoOptions;
use kernel::EventId;
use store::{CompanyStore, Error, MongoDb, Query, Store};

use crate::fixture::{COLLECTIONS, Visit, company, event, insert, numbers, transaction};

async fn receive(company: &CompanyStore, happened: EventId, number: u128) -> store::Result<()> {
    let mut effect = transaction(company);
    effect.insert(&Visit::new(number)).received("consumer", happened);
    effect.commit().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_whose_mark_only_the_primary_has_is_not_said_to_be_received() {
    // The primary stays it for longer than this takes, though it sees nobody.
    let options = MongoOptions { members: 3, election_timeout: Duration::from_secs(12), ..MongoOptions::default() };
    let nodes = components::MongoDb::start_with(options).unwrap();
    let settings = MongoDb { url: nodes.url(), database: "minority".into() };
    let store = Store::mongodb(&settings, COLLECTIONS).unwrap().with_deadline(Duration::from_secs(20));
    let company = company(&store);
    insert(&company, [Visit::new(1)]).await;
    let primary = nodes.primary().unwrap();
    let others: Vec<usize> = (0..3).filter(|node| *node != primary).collect();
    let happened = event(&company, 1).id;

    others.iter().for_each(|node| nodes.pause(*node));
    // The primary has it, and it is not known whether it stays.
    assert!(matches!(receive(&company, happened, 2).await, Err(Error::Unavailable(_))));
    assert!(matches!(receive(&company, happened, 3).await, Err(Error::Unavailable(_))));

    others.iter().for_each(|node| nodes.resume(*node));
    let again = receive(&company, happened, 4).await;
    assert!(matches!(again, Ok(()) | Err(Error::AlreadyReceived)), "{again:?}");
    assert_eq!(numbers(&company, Query::by("starts_at")).await.len(), 2, "it has its effect once");
}
