//! Files of other times and of others.

use std::{path::Path, time::Duration};

use store::{Error, HistoryEntry, Query, Store};
use tempfile::{TempDir, tempdir};

use crate::thing::{
    REORDERED_THINGS, ReorderedThing, TAGGED_THINGS, THINGS, TaggedThing, Thing, UNIQUE_THINGS, UniqueThing, company, event, insert,
};

fn folder() -> (TempDir, std::path::PathBuf) {
    let folder = tempdir().unwrap();
    let path = folder.path().join("new").join("folder").join("things.db");
    (folder, path)
}

async fn numbers<D: store::Document>(store: &Store, query: Query) -> Vec<u128> {
    let page = company(store).find::<D>(&query.page(100, None)).await.unwrap();
    page.items.iter().map(|thing| thing.id().as_u128()).collect()
}

fn integrity(path: &Path) -> String {
    rusqlite::Connection::open(path).unwrap().query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap()
}

#[tokio::test]
async fn everything_is_there_after_reopening() {
    let (_folder, path) = folder();
    let store = Store::sqlite(&path, &[&THINGS]).await.unwrap();
    store.add_company(company(&store).id()).await.unwrap();
    insert(&store, (1..=5).map(Thing::from)).await.unwrap();
    let happened = event(&company(&store), 1);
    let mut transaction = company(&store).transaction(&crate::thing::actor(), kernel::Timestamp::EPOCH);
    transaction.publish(happened.clone()).received("consumer", happened.id);
    transaction.commit().await.unwrap();
    drop(store);

    let store = Store::sqlite(&path, &[&THINGS]).await.unwrap();
    assert_eq!(numbers::<Thing>(&store, Query::by("rank")).await, [1, 2, 3, 4, 5]);
    assert_eq!(store.companies().await.unwrap(), [company(&store).id()]);
    assert_eq!(store.outbox().pending(10).await.unwrap(), std::slice::from_ref(&happened));
    assert_eq!(
        company(&store).find::<HistoryEntry>(&Query::by("version").eq("entity_id", Thing::from(1).id)).await.unwrap().items.len(),
        1
    );
    let mut again = company(&store).transaction(&crate::thing::actor(), kernel::Timestamp::EPOCH);
    again.received("consumer", happened.id);
    assert!(matches!(again.commit().await, Err(Error::AlreadyReceived)));
}

#[tokio::test]
async fn dropping_the_last_handle_closes_the_file() {
    let (_folder, path) = folder();
    let store = Store::sqlite(&path, &[&THINGS]).await.unwrap();
    let company = company(&store);
    let outbox = store.outbox();
    insert(&store, [Thing::from(1)]).await.unwrap();
    let log = path.with_file_name("things.db-wal");
    drop(store);
    drop(outbox);
    assert!(company.get::<Thing>(Thing::from(1).id).await.unwrap().is_some(), "a handle keeps it open");
    assert!(log.exists());
    drop(company);
    // The last connection to close takes the log into the file and removes it.
    assert!(!log.exists());
    assert_eq!(integrity(&path), "ok");
}

#[tokio::test]
async fn what_is_forgotten_is_in_no_byte_of_the_file() {
    let (_folder, path) = folder();
    let store = Store::sqlite(&path, &[&TAGGED_THINGS]).await.unwrap();
    insert(&store, (10..200).map(TaggedThing::from)).await.unwrap();
    // Longer than a page, so that it also lies on pages that become free; and in an index.
    let mut thing = TaggedThing { code: Some("ozola ".repeat(2_000)), tags: vec!["ozola".into()], ..TaggedThing::from(1) };
    insert(&store, [thing.clone()]).await.unwrap();
    for _ in 0..20 {
        let before = thing.clone();
        (thing.version, thing.code) = (before.version + 1, before.code.as_ref().map(|code| code[600..].to_owned()));
        let mut change = company(&store).transaction(&crate::thing::actor(), kernel::Timestamp::EPOCH);
        let happened = kernel::Envelope {
            id: kernel::EventId::from_uuid(uuid::Uuid::from_u128(thing.version.into())),
            data: b"ozola".repeat(900),
            ..event(&company(&store), 1)
        };
        change.update(&before, &thing).publish(happened);
        change.commit().await.unwrap();
    }
    let erased = TaggedThing { version: thing.version + 1, code: None, tags: Vec::new(), ..thing.clone() };
    let mut erase = company(&store).transaction(&crate::thing::actor(), kernel::Timestamp::EPOCH);
    erase.update(&thing, &erased).forget(erased.id);
    erase.commit().await.unwrap();
    assert_eq!(numbers::<TaggedThing>(&store, Query::by("rank").eq("tags", "t1")).await.len(), 100, "the others are there, a page of them");
    // The last to close takes the log into the file.
    drop(store);
    let bytes = std::fs::read(&path).unwrap();
    assert!(!bytes.windows(5).any(|window| window == b"ozola"));
    assert!(bytes.len() > 100_000 && integrity(&path) == "ok");
}

#[tokio::test]
async fn a_new_index_is_built_from_what_is_there() {
    let (_folder, path) = folder();
    insert(&Store::sqlite(&path, &[&THINGS]).await.unwrap(), (1..=6).map(Thing::from)).await.unwrap();
    let by_tag = || Query::by("rank").eq("tags", "t1");

    let store = Store::sqlite(&path, &[&TAGGED_THINGS]).await.unwrap();
    assert_eq!(numbers::<TaggedThing>(&store, by_tag()).await, [1, 3, 4, 5]);
    insert(&store, [TaggedThing::from(7)]).await.unwrap();
    drop(store);

    // An older program goes on with the file and does not keep the index it does not know.
    insert(&Store::sqlite(&path, &[&THINGS]).await.unwrap(), [Thing::from(9)]).await.unwrap();
    let store = Store::sqlite(&path, &[&TAGGED_THINGS]).await.unwrap();
    assert_eq!(numbers::<TaggedThing>(&store, by_tag()).await, [1, 3, 4, 5, 7, 9]);
    drop(store);

    // The same name over other fields is another index.
    let store = Store::sqlite(&path, &[&REORDERED_THINGS]).await.unwrap();
    assert_eq!(numbers::<ReorderedThing>(&store, Query::by("rank").eq("code", "C0")).await, [1, 2, 3, 4, 5, 6, 7, 9]);
    assert_eq!(integrity(&path), "ok");
}

#[tokio::test]
async fn a_new_unique_index_that_does_not_hold_is_refused_and_nothing_changes() {
    let (_folder, path) = folder();
    insert(&Store::sqlite(&path, &[&TAGGED_THINGS]).await.unwrap(), [TaggedThing::from(1), TaggedThing::from(2)]).await.unwrap();
    let refused = Store::sqlite(&path, &[&UNIQUE_THINGS]).await.unwrap_err();
    assert!(matches!(refused, Error::Taken { collection: "things", index: "code", field: "code" }), "{refused}");
    let store = Store::sqlite(&path, &[&TAGGED_THINGS]).await.unwrap();
    assert_eq!(numbers::<TaggedThing>(&store, Query::by("rank").eq("tags", "t0")).await, [2]);

    let (_folder, path) = self::folder();
    insert(&Store::sqlite(&path, &[&TAGGED_THINGS]).await.unwrap(), [TaggedThing::from(1), TaggedThing::from(12)]).await.unwrap();
    let store = Store::sqlite(&path, &[&UNIQUE_THINGS]).await.unwrap();
    assert!(matches!(insert(&store, [UniqueThing::from(13)]).await, Err(Error::Taken { .. })));
    assert_eq!(company(&store).find_one::<UniqueThing>("code", "C1").await.unwrap(), Some(UniqueThing::from(12)));
}

#[tokio::test]
async fn a_file_of_a_newer_program_is_refused_untouched() {
    let (_folder, path) = folder();
    drop(Store::sqlite(&path, &[&THINGS]).await.unwrap());
    let newer = rusqlite::Connection::open(&path).unwrap();
    newer.pragma_update(None, "user_version", 99).unwrap();
    drop(newer);
    let before = std::fs::read(&path).unwrap();
    let error = Store::sqlite(&path, &[&TAGGED_THINGS]).await.unwrap_err();
    assert!(matches!(&error, Error::NewerVersion { found: 99, supported: 1, path: named } if *named == path));
    let told = error.to_string();
    assert!(told.contains("things.db") && told.contains("start the newer program"), "{told}");
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[tokio::test]
async fn a_path_that_cannot_be_a_store_is_named_with_what_to_do() {
    let folder = tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "this is no database, and long enough not to be taken for an empty one".repeat(20)).unwrap();
    let foreign = folder.path().join("foreign.db");
    rusqlite::Connection::open(&foreign).unwrap().execute_batch("CREATE TABLE t (x)").unwrap();
    let mut paths = vec![file.join("inside").join("things.db"), folder.path().to_owned(), file.clone(), foreign.clone()];
    if cfg!(target_os = "linux") {
        // Not writable for anybody.
        paths.push("/proc/things.db".into());
        paths.push("/proc/none/things.db".into());
    }
    for path in paths {
        let error = Store::sqlite(&path, &[&THINGS]).await.unwrap_err();
        assert!(matches!(error, Error::Unavailable(_)), "{error:?}");
        let told = error.to_string();
        let named = path.parent().unwrap().display().to_string();
        assert!(told.contains(&named) && told.contains("write access") | told.contains("may be written"), "{told}");
        assert!(!told.contains('\n'), "{told}");
    }
    assert!(std::fs::read_to_string(&file).unwrap().starts_with("this is no database"));
}

#[cfg(unix)]
#[tokio::test]
async fn a_file_that_cannot_be_written_is_refused() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempdir().unwrap();
    let locked = folder.path().join("locked");
    std::fs::create_dir(&locked).unwrap();
    std::fs::set_permissions(&locked, std::fs::Permissions::from_mode(0o555)).unwrap();
    let may_write_anyway = std::fs::write(locked.join("probe"), "").is_ok();
    let opened = Store::sqlite(locked.join("things.db"), &[&THINGS]).await;
    // For the superuser permissions don't count.
    assert_eq!(opened.is_ok(), may_write_anyway);
}

#[tokio::test]
async fn names_that_cannot_be_tables_are_refused() {
    use store::{Collection, Index};
    static COLLECTIONS: [Collection; 3] = [
        Collection { name: "things; DROP TABLE companies", indexes: &[], history: None, unaudited: &[] },
        Collection { name: "things__x", indexes: &[], history: None, unaudited: &[] },
        Collection { name: "things", indexes: &[Index { name: "X", fields: &["x"], unique: false }], history: None, unaudited: &[] },
    ];
    for collection in &COLLECTIONS {
        assert!(matches!(Store::sqlite_in_memory(&[collection]).await, Err(Error::Internal(_))));
    }
    assert!(matches!(Store::sqlite_in_memory(&[&THINGS, &TAGGED_THINGS]).await, Err(Error::Internal(_))));
    Store::sqlite_in_memory(&[&THINGS, &THINGS]).await.unwrap();
}

#[tokio::test]
async fn a_write_waits_for_another_process_no_longer_than_its_deadline() {
    let (_folder, path) = folder();
    let store = Store::sqlite(&path, &[&THINGS]).await.unwrap();
    let other = rusqlite::Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let hasty = store.clone().with_deadline(Duration::from_millis(30));
    assert!(matches!(insert(&hasty, [Thing::from(1)]).await, Err(Error::Unavailable(_))));
    assert_eq!(numbers::<Thing>(&hasty, Query::by("rank")).await, [], "reads go on");
    other.execute_batch("ROLLBACK").unwrap();
    insert(&store, [Thing::from(2)]).await.unwrap();
    assert_eq!(numbers::<Thing>(&store, Query::by("rank")).await, [2], "what was given up is not done later");
}
