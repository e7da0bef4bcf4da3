//! The database as it is before, while and after programs start.

use std::time::Duration;

use futures::TryStreamExt as _;
use mongodb::{
    Client, Database,
    bson::{DateTime, Document, doc},
};
use store::{Error, MongoDb, Query, Store};

use crate::{
    scratch::Scratch,
    thing::{REORDERED_THINGS, ReorderedThing, TAGGED_THINGS, THINGS, TaggedThing, Thing, UNIQUE_THINGS, UniqueThing, company, insert},
};

async fn database(scratch: &Scratch) -> Database {
    Client::with_uri_str(&scratch.0.url).await.unwrap().database(&scratch.0.database)
}

async fn indexes(scratch: &Scratch) -> Vec<String> {
    let mut names = database(scratch).await.collection::<Document>("things").list_index_names().await.unwrap();
    names.sort_unstable();
    names
}

async fn numbers<D: store::Document>(store: &Store, query: Query) -> Vec<u128> {
    let page = company(store).find::<D>(&query.page(100, None)).await.unwrap();
    page.items.iter().map(|thing| thing.id().as_u128()).collect()
}

#[tokio::test]
async fn opening_waits_for_nothing_and_each_operation_tries_again() {
    let nobody = MongoDb { url: "mongodb://anna:secret@127.0.0.1:9/?replicaSet=none".into(), database: "crm_test_nobody".into() };
    let store = Store::mongodb(&nobody, &[&THINGS]).unwrap().with_deadline(Duration::from_millis(300));
    for _ in 0..2 {
        let error = store.ping().await.unwrap_err();
        assert!(matches!(error, Error::Unavailable(_)), "{error}");
        assert!(!format!("{error} {nobody:?}").contains("secret"));
    }
    assert!(format!("{nobody:?}").contains("127.0.0.1:9"));
}

#[test]
fn settings_that_cannot_be_are_named_and_secrets_are_not() {
    for (url, database, named) in [
        ("http://anna:secret@host", "crm", "store.url"),
        ("", "crm", "store.url"),
        ("mongodb://anna:sec@ret@host", "crm", "store.url"),
        ("mongodb://host", "", "store.database"),
        ("mongodb://host", "a/b", "store.database"),
        ("mongodb://host", &"x".repeat(64), "store.database"),
    ] {
        let settings = MongoDb { url: url.into(), database: database.into() };
        let error = Store::mongodb(&settings, &[&THINGS]).unwrap_err().to_string();
        assert!(error.contains(named) && !error.contains("sec"), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn programs_that_start_at_once_make_one_database() {
    let scratch = Scratch::new();
    let starting = (0..6_u128).map(|n| {
        let store = scratch.open(&[&TAGGED_THINGS]);
        async move { insert(&store, [TaggedThing { code: None, ..TaggedThing::from(n) }]).await }
    });
    futures::future::try_join_all(starting).await.unwrap();
    assert_eq!(numbers::<TaggedThing>(&scratch.open(&[&TAGGED_THINGS]), Query::by("rank")).await, [0, 1, 2, 3, 4, 5]);
    assert_eq!(indexes(&scratch).await, ["_id_", "by_rank:rank", "by_tag:tags,rank"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn new_indexes_are_made_and_those_of_older_programs_stay_for_a_day() {
    let scratch = Scratch::new();
    let old = scratch.open(&[&TAGGED_THINGS]);
    insert(&old, (1..=6).map(TaggedThing::from)).await.unwrap();
    let new = scratch.open(&[&REORDERED_THINGS]);
    assert_eq!(numbers::<ReorderedThing>(&new, Query::by("rank").eq("code", "C0")).await, [1, 2, 3, 4, 5, 6]);
    // Both go on side by side.
    assert_eq!(numbers::<TaggedThing>(&old, Query::by("rank").eq("tags", "t1")).await, [1, 3, 4, 5]);
    assert_eq!(indexes(&scratch).await, ["_id_", "by_rank:rank", "by_tag:code,rank", "by_tag:tags,rank"]);

    let schema = database(&scratch).await.collection::<Document>("schema");
    let long_ago = doc! { "$set": { "gone_since": DateTime::from_millis(0) } };
    let noted = schema.update_many(doc! { "gone_since": { "$exists": true } }, long_ago.clone()).await.unwrap();
    assert_eq!(noted.modified_count, 1);
    // Declared again, it is not gone.
    scratch.open(&[&TAGGED_THINGS]).ping().await.unwrap();
    scratch.open(&[&REORDERED_THINGS]).ping().await.unwrap();
    assert_eq!(indexes(&scratch).await.len(), 4);
    // People's own indexes are left alone.
    database(&scratch)
        .await
        .run_command(doc! { "createIndexes": "things", "indexes": [{ "key": { "code": 1 }, "name": "mine" }] })
        .await
        .unwrap();
    schema.update_many(doc! { "gone_since": { "$exists": true } }, long_ago).await.unwrap();
    scratch.open(&[&REORDERED_THINGS]).ping().await.unwrap();
    assert_eq!(indexes(&scratch).await, ["_id_", "by_rank:rank", "by_tag:code,rank", "mine"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_unique_index_that_does_not_hold_is_told() {
    let scratch = Scratch::new();
    insert(&scratch.open(&[&THINGS]), [Thing::from(1), Thing::from(2)]).await.unwrap();
    let error = scratch.open(&[&UNIQUE_THINGS]).ping().await.unwrap_err();
    assert!(matches!(error, Error::Unavailable(_)) && error.to_string().contains("unique index code of things"), "{error}");
    assert_eq!(numbers::<Thing>(&scratch.open(&[&THINGS]), Query::by("rank")).await, [1, 2]);

    let scratch = Scratch::new();
    insert(&scratch.open(&[&THINGS]), [Thing::from(1), Thing::from(12)]).await.unwrap();
    let store = scratch.open(&[&UNIQUE_THINGS]);
    assert!(matches!(insert(&store, [UniqueThing::from(13)]).await, Err(Error::Taken { index: "code", field: "code", .. })));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_of_a_newer_program_is_refused_untouched() {
    let scratch = Scratch::new();
    insert(&scratch.open(&[&THINGS]), [Thing::from(1)]).await.unwrap();
    let schema = database(&scratch).await.collection::<Document>("schema");
    schema.update_one(doc! { "_id": "layout" }, doc! { "$set": { "version": 99_i64 } }).await.unwrap();
    let store = scratch.open(&[&TAGGED_THINGS]);
    let error = store.ping().await.unwrap_err();
    assert!(matches!(&error, Error::NewerVersion { found: 99, supported: 1, .. }), "{error}");
    assert!(error.to_string().contains(&scratch.0.database), "{error}");
    assert_eq!(indexes(&scratch).await, ["_id_", "by_rank:rank"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fields_stand_at_the_top_and_what_is_no_document_of_ours_is_refused() {
    let scratch = Scratch::new();
    let store = scratch.open(&[&TAGGED_THINGS]);
    insert(&store, [TaggedThing::from(12)]).await.unwrap();
    let things = database(&scratch).await.collection::<Document>("things");
    let found: Vec<Document> = things.find(doc! { "tags": "t0", "code": "C1", "rank": 0 }).await.unwrap().try_collect().await.unwrap();
    let [thing] = &*found else { panic!("{found:?}") };
    assert_eq!(thing.get_i64("_version"), Ok(1));
    for wrong in [
        doc! { "rank": 1_i64 },
        doc! { "_id": "x", "_version": 1_i64 },
        doc! { "_id": thing.get_document("_id").unwrap().clone(), "_version": "1" },
        {
            let mut odd = thing.clone();
            odd.insert("_id", doc! { "company": 1, "id": 2 });
            odd
        },
        {
            let mut odd = thing.clone();
            odd.get_document_mut("_id").unwrap().insert("id", thing.get_document("_id").unwrap().get("company").unwrap().clone());
            odd.insert("rank", DateTime::now());
            odd
        },
    ] {
        let refused = things.insert_one(&wrong).await.unwrap_err();
        assert!(refused.to_string().contains("121") || refused.to_string().contains("validation"), "{wrong}: {refused}");
    }
    for own in ["outbox", "inbox", "companies"] {
        let refused = database(&scratch).await.collection::<Document>(own).insert_one(doc! { "x": 1 }).await.unwrap_err();
        assert!(refused.to_string().contains("validation"), "{own}: {refused}");
    }
}
