#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use kernel::Env;

use super::*;
use crate::{
    document::Collection,
    mongodb::{
        client::{Address, MongoDb},
        layout::{Layout, shapes},
    },
};

static THINGS: Collection = Collection { name: "things", indexes: &[], history: None, unaudited: &[] };

/// Renames a field where it has its old name.
fn rename<'a>(database: &'a Database, from: &'static str, to: &'static str) -> BoxFuture<'a, Result<(), Failure>> {
    async move {
        let things = database.collection::<Document>("things");
        things.update_many(doc! { from: { "$exists": true } }, doc! { "$rename": { from: to } }).await?;
        Ok(())
    }
    .boxed()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn documents_are_brought_to_the_newest_layout_by_all_who_start() {
    const STEPS: &[Migration] = &[|database| rename(database, "a", "b"), |database| rename(database, "b", "c")];
    let database = format!("crm_test_{}", Env::system().random_uuid().simple());
    let address = Address::parse(&MongoDb { url: components::mongodb_url(), database }).unwrap();
    let database = address.open().await.unwrap();
    let shapes = shapes(&Layout::new(&[&THINGS]).unwrap());
    let things = database.collection::<Document>("things");
    let start = async |migrations| match prepare(&database, &shapes, migrations).await {
        Ok(()) => Ok(()),
        Err(Failure::Lasting(error) | Failure::Passing(error)) => Err(error),
    };
    start(&[]).await.unwrap();
    database.run_command(doc! { "collMod": "things", "validator": {} }).await.unwrap();
    things.insert_many((0..50).map(|n| doc! { ID: n, "a": n })).await.unwrap();

    // Half of the first step was done by one that was killed.
    things.update_many(doc! { ID: { "$lt": 20 } }, doc! { "$rename": { "a": "b" } }).await.unwrap();
    let starts = (0..4).map(|_| prepare(&database, &[], STEPS));
    for started in futures::future::join_all(starts).await {
        assert!(started.is_ok());
    }
    assert_eq!(things.count_documents(doc! { "c": { "$exists": true } }).await.unwrap(), 50);
    assert_eq!(check_layout(&database, STEPS).await.ok().flatten(), Some(3));
    let refused = start(&[]).await.unwrap_err();
    assert!(matches!(refused, Error::NewerVersion { found: 3, supported: 1, .. }), "{refused}");
    // A new database is of the newest layout from the start: there is nothing to change.
    database.drop().await.unwrap();
    start(STEPS).await.unwrap();
    assert_eq!(check_layout(&database, STEPS).await.ok().flatten(), Some(3));
    database.drop().await.unwrap();
}
