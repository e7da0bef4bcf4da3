use std::{fs, io::Write as _};

use flate2::{Compression, write::GzEncoder};
use kernel::{Actor, CompanyId, Envelope, EventId};
use serde::{Deserialize, Serialize};
use store::{Document, HistoryEntry, Index, Query};
use tempfile::TempDir;
use uuid::Uuid;

use super::*;

static THINGS: Collection = Collection {
    name: "things",
    indexes: &[Index { name: "by_id", fields: &["id"], unique: false }],
    history: Some("thing"),
    unaudited: &[],
};
static COPIES: Collection = Collection { name: "copies", indexes: &[], history: None, unaudited: &[] };
const COLLECTIONS: &[&Collection] = &[&THINGS, &COPIES];
const COMPANY: CompanyId = CompanyId::from_uuid(Uuid::from_u128(1));

macro_rules! document {
    ($name:ident, $collection:ident) => {
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        struct $name {
            id: Uuid,
            version: u64,
            name: String,
        }

        impl Document for $name {
            const COLLECTION: &'static Collection = &$collection;
            fn id(&self) -> Uuid {
                self.id
            }
            fn version(&self) -> u64 {
                self.version
            }
        }
    };
}
document!(Thing, THINGS);
document!(Copy, COPIES);

async fn empty() -> Store {
    Store::sqlite_in_memory(COLLECTIONS).await.unwrap()
}

fn id() -> Uuid {
    Uuid::from_u128(7)
}

fn event(number: u128, micros: i64) -> Envelope {
    Envelope {
        id: EventId::from_uuid(Uuid::from_u128(number)),
        kind: "crm.tests.v1.Happened".into(),
        source: "tests".into(),
        subject: id(),
        version: 1,
        company: COMPANY,
        time: Timestamp::from_micros(micros).unwrap(),
        actor: Actor::Service { name: "tests".into() },
        traceparent: None,
        data: vec![1, 2, 3],
    }
}

/// A thing at version 2, a copy at version 5, a sent and a pending event, a mark.
async fn filled() -> Store {
    let store = empty().await;
    let company = store.company(COMPANY);
    let first = Thing { id: id(), version: 1, name: "Jānis".into() };
    let transaction = || company.transaction(&Actor::Service { name: "tests".into() }, Timestamp::EPOCH);
    let mut commit = transaction();
    commit.insert(&first).put(&Copy { id: id(), version: 5, name: "copy".into() });
    commit.commit().await.unwrap();
    let mut commit = transaction();
    commit.update(&first, &Thing { version: 2, name: "Jānis Ozols".into(), ..first.clone() });
    commit.publish(event(1, 1_000)).publish(event(2, 2_000)).received("consumer", event(9, 0).id);
    commit.commit().await.unwrap();
    store.outbox().mark_sent(&[event(1, 0).id]).await.unwrap();
    store
}

/// A folder, and the backup of a filled store in it.
async fn backup() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tests.jsonl.gz");
    let summary = take("tests", &filled().await, &Env::system(), &file).await.unwrap();
    assert_eq!(summary.records, 7, "a thing, its two entries, a copy, two events, a mark");
    (folder, file)
}

async fn refused(file: &Path) -> String {
    let store = empty().await;
    let error = restore("tests", COLLECTIONS, &store, file).await.unwrap_err();
    assert!(store.is_empty().await.unwrap(), "nothing was written");
    error.to_string()
}

#[tokio::test]
async fn what_is_restored_goes_on_ahead_of_what_others_may_have_seen() {
    let (_folder, file) = backup().await;
    let store = empty().await;
    let summary = restore("tests", COLLECTIONS, &store, &file).await.unwrap();
    assert_eq!((summary.records, summary.header.service.as_str()), (7, "tests"));

    let company = store.company(COMPANY);
    let thing: Thing = company.get(id()).await.unwrap().unwrap();
    assert_eq!(thing, Thing { id: id(), version: VERSIONS_AHEAD + 2, name: "Jānis Ozols".into() });
    assert_eq!(company.get::<Copy>(id()).await.unwrap().unwrap().version, 5, "nobody else knows the versions of copies");
    assert_eq!(store.outbox().pending(9).await.unwrap(), [event(1, 1_000), event(2, 2_000)], "all events are sent again");
    let mut again = company.transaction(&Actor::Service { name: "tests".into() }, Timestamp::EPOCH);
    again.received("consumer", event(9, 0).id);
    assert!(matches!(again.commit().await, Err(store::Error::AlreadyReceived)));
    // The next change fits, and so does its history.
    let mut change = company.transaction(&Actor::Service { name: "tests".into() }, Timestamp::EPOCH);
    change.update(&thing, &Thing { version: thing.version + 1, name: "Anna".into(), ..thing.clone() });
    change.commit().await.unwrap();
    let history = company.find::<HistoryEntry>(&Query::by("version").eq("entity_id", id())).await.unwrap().items;
    assert_eq!(history.iter().map(|entry| entry.version).collect::<Vec<_>>(), [1, 2, VERSIONS_AHEAD + 3]);
}

#[tokio::test]
async fn a_file_cut_off_anywhere_is_refused_before_anything_is_written() {
    let (_folder, file) = backup().await;
    let whole = fs::read(&file).unwrap();
    for length in [0, 5, whole.len() / 2, whole.len() - 9, whole.len() - 1] {
        fs::write(&file, &whole[..length]).unwrap();
        let told = refused(&file).await;
        assert!(told.contains("cut off") || told.contains("damaged"), "{length}: {told}");
        assert!(told.contains("tests.jsonl.gz") && !told.contains('\n'), "{told}");
    }
}

#[tokio::test]
async fn a_file_that_was_changed_is_refused_before_anything_is_written() {
    let (_folder, file) = backup().await;
    let mut text = String::new();
    std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(fs::File::open(&file).unwrap()), &mut text).unwrap();
    let rewrite = |text: &str| {
        let mut out = GzEncoder::new(fs::File::create(&file).unwrap(), Compression::fast());
        out.write_all(text.as_bytes()).unwrap();
        out.finish().unwrap();
    };
    let lines: Vec<&str> = text.lines().collect();

    rewrite(&text.replace("Ozols", "Ozola"));
    assert!(refused(&file).await.contains("something else than what was written"));
    rewrite(&lines[..lines.len() - 1].join("\n"));
    assert!(refused(&file).await.contains("cut off"));
    let without_a_record: Vec<&str> = lines.iter().enumerate().filter(|(at, _)| *at != 3).map(|(_, line)| *line).collect();
    rewrite(&without_a_record.join("\n"));
    assert!(refused(&file).await.contains("damaged"));
    rewrite(&text.replacen("\"document\"", "\"dokument\"", 1));
    let told = refused(&file).await;
    assert!(told.contains("the record 1 can't be read") && !told.contains("Ozols"), "{told}");
    rewrite(&text.replacen("\"format\":1", "\"format\":2", 1));
    assert!(refused(&file).await.contains("restore it with the newer program"));
    rewrite(&text.replacen("\"service\":\"tests\"", "\"service\":\"others\"", 1));
    assert!(refused(&file).await.contains("a backup of others, not of tests"));
    rewrite(&format!("{text}{{}}"));
    assert!(refused(&file).await.contains("something follows"));
    fs::write(&file, "this is no backup, whatever its name says").unwrap();
    assert!(refused(&file).await.contains("no backup"));
    fs::remove_file(&file).unwrap();
    assert!(refused(&file).await.contains("tests.jsonl.gz"));
}

#[tokio::test]
async fn a_store_that_holds_something_is_not_written_to() {
    let (_folder, file) = backup().await;
    let store = filled().await;
    let error = restore("tests", COLLECTIONS, &store, &file).await.unwrap_err();
    assert!(matches!(error, Error::Store(store::Error::NotEmpty)));
    assert_eq!(store.company(COMPANY).get::<Thing>(id()).await.unwrap().unwrap().version, 2);
}

#[tokio::test]
async fn a_backup_writes_over_no_file_and_leaves_none_behind_where_it_fails() {
    let (folder, file) = backup().await;
    let before = fs::read(&file).unwrap();
    let told = take("tests", &filled().await, &Env::system(), &file).await.unwrap_err().to_string();
    assert!(told.contains("tests.jsonl.gz: it is there already; name another file"), "{told}");
    assert_eq!(fs::read(&file).unwrap(), before);
    take("tests", &filled().await, &Env::system(), &folder.path().join("none/file")).await.unwrap_err();
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[cfg(unix)]
#[tokio::test]
async fn only_its_owner_may_read_a_backup() {
    use std::os::unix::fs::PermissionsExt as _;
    let (_folder, file) = backup().await;
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
}

#[tokio::test]
async fn commands_say_what_they_did() {
    let (_folder, file) = backup().await;
    let (store, env) = (empty().await, Env::system());
    let told = Command::Restore { file }.run("tests", COLLECTIONS, &store, &env).await.unwrap();
    assert!(told.starts_with("7 records of tests") && told.contains("resend --since"), "{told}");
    store.outbox().mark_sent(&[event(1, 0).id, event(2, 0).id]).await.unwrap();
    let since = moment("1970-01-01T00:00:00.002Z").unwrap();
    let told = Command::Resend { since }.run("tests", COLLECTIONS, &store, &env).await.unwrap();
    assert!(told.starts_with("1 events of tests"), "{told}");
    assert!(moment("yesterday").is_err());
}
