//! What the server reads, by its own account.

use futures::TryStreamExt as _;
use mongodb::{
    Client, Database,
    bson::{Document, doc},
};
use serde::{Deserialize, Serialize};
use store::{Collection, CompanyStore, Direction, Filter, Index, Page, Query, Store};
use uuid::Uuid;

use crate::{
    fixture::{Assignment, COLLECTIONS, Customer, Visit, company, insert, other_company},
    scratch::Scratch,
};

const VISITS: u128 = 3_000;
const PAGE: usize = 50;
/// Index entries and documents read for a page, beside those on it.
const MOST: u64 = 3 * PAGE as u64;

async fn load(company: &CompanyStore) {
    for chunk in (1..=VISITS).collect::<Vec<_>>().chunks(1_000) {
        let visits = chunk.iter().map(|id| {
            let n = i64::try_from(*id).unwrap();
            Visit {
                name: format!("{:04}", n / 30),
                rank: (n % 3 > 0).then_some(n / 7),
                customer: Customer { id: format!("c{}", n % 5), city: None },
                status: ["OPEN", "DONE", "LOST"][id.cast_signed().rem_euclid(3) as usize].into(),
                urgent: n % 2 == 0,
                starts_at: n / 40,
                crew: (0..n % 4).map(|k| format!("e{}", (n + k) % 6)).collect(),
                assignments: (0..n % 3).zip(1..).map(|(k, id)| Assignment { id, employee: format!("e{}", (n + k) % 6) }).collect(),
                terms: vec!["anna".into(), "annas".into(), "annija".into(), format!("k{}", n % 100), format!("r{}", n / 300)],
                ..Visit::new(*id)
            }
        });
        insert(company, visits).await;
    }
}

/// Every kind of list that the indexes serve, and the index.
fn lists() -> Vec<(&'static str, Query)> {
    let by = Query::by;
    let lists = [
        ("by_start", by("starts_at")),
        ("by_start", by("starts_at").range("starts_at", Some(5), Some(60))),
        ("by_start", by("starts_at").eq("starts_at", 30)),
        ("by_name", by("name")),
        ("by_name", by("name").range("name", Some("0010"), None)),
        ("by_rank", by("rank")),
        ("by_rank", by("rank").range("rank", None, Some(300))),
        ("by_rank", by("rank").eq("rank", None::<i64>)),
        ("by_customer", by("starts_at").eq("customer.id", "c1")),
        ("by_customer", by("starts_at").is_in("customer.id", ["c1", "c2", "c9"])),
        ("by_status", by("starts_at").eq("status", "OPEN")),
        ("by_status", by("starts_at").is_in("status", ["OPEN", "DONE", "LOST"])),
        ("by_status", by("starts_at").is_in("status", ["OPEN", "DONE"]).range("starts_at", Some(3), None)),
        ("by_urgent_status", by("starts_at").eq("urgent", true).eq("status", "OPEN")),
        ("by_urgent_status", by("starts_at").is_in("urgent", [true, false]).is_in("status", ["OPEN", "DONE", "LOST"])),
        ("by_crew", by("starts_at").eq("crew", "e1")),
        ("by_crew", by("starts_at").eq("crew", None::<String>)),
        ("by_crew", by("starts_at").is_in("crew", ["e1", "e9"])),
        ("by_employee", by("starts_at").eq("assignments.employee", "e2")),
        ("by_employee", by("starts_at").eq("assignments.employee", None::<String>)),
    ];
    let directions = [Direction::Ascending, Direction::Descending];
    lists.into_iter().flat_map(|(index, list)| directions.map(|direction| (index, list.clone().direction(direction)))).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_list_reads_little_more_than_its_page_from_its_index_in_its_order() {
    let scratch = Scratch::new();
    let store = scratch.open(COLLECTIONS);
    let company = company(&store);
    load(&company).await;
    insert(&other_company(&store), (1..=500).map(Visit::new)).await;
    for (index, list) in lists() {
        let mut token = None;
        for page in 0..3 {
            let query = list.clone().page(PAGE, token.clone());
            let explained = company.explain::<Visit>(&query).await.unwrap();
            let told = format!("page {page} of {list:?}: {explained:?}");
            assert_eq!(explained.index, index, "{told}");
            assert!(!explained.sorted_in_memory, "{told}");
            // The server counts a document twice where it looks at null itself before it merges.
            assert!(explained.keys <= MOST && explained.documents <= 2 * PAGE as u64 + 2, "{told}");
            let before = store.examined();
            let found = company.find::<Visit>(&query).await.unwrap();
            let counted = store.examined() - before;
            assert!(counted <= MOST, "{told}, counted {counted}");
            assert!(counted + 2 >= explained.keys + found.items.len() as u64, "{told}, counted {counted}");
            assert!(found.items.len() == PAGE || (!found.more && !found.items.is_empty()), "{told}");
            // The second page, and one far down the list.
            token = match page {
                0 => found.next_page_token(),
                _ => company.find::<Visit>(&list.clone().page(1_000, token)).await.unwrap().tokens().into_iter().rev().nth(2 * PAGE),
            };
            if token.is_none() {
                break;
            }
        }
    }
}

static RANKED: Collection = Collection {
    name: "ranked",
    indexes: &[Index { name: "by_kind", fields: &["kind", "rank"], unique: false }],
    history: None,
    unaudited: &[],
};

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Ranked {
    id: Uuid,
    kind: String,
    rank: Option<i64>,
}

impl store::Document for Ranked {
    const COLLECTION: &'static Collection = &RANKED;
    fn id(&self) -> Uuid {
        self.id
    }
    fn version(&self) -> u64 {
        1
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn places_among_null_are_found_in_several_ranges() {
    let scratch = Scratch::new();
    let company = company(&scratch.open(&[&RANKED]));
    let ranked =
        |n: u128| Ranked { id: Uuid::from_u128(n), kind: format!("{}", n % 3), rank: (n > 300).then_some((n / 50).try_into().unwrap()) };
    insert(&company, (1..=600).map(ranked)).await;
    for direction in [Direction::Ascending, Direction::Descending] {
        let mut query = Query::by("rank").is_in("kind", ["0", "1", "2"]).direction(direction).page(PAGE, None);
        let mut seen = Vec::new();
        loop {
            let explained = company.explain::<Ranked>(&query).await.unwrap();
            assert!(!explained.sorted_in_memory && explained.keys <= MOST, "{explained:?}");
            let page = company.find::<Ranked>(&query).await.unwrap();
            seen.extend(page.items.iter().map(|ranked| ranked.id.as_u128()));
            query.page_token = page.next_page_token();
            if query.page_token.is_none() {
                break;
            }
        }
        if direction == Direction::Descending {
            seen.reverse();
        }
        assert_eq!(seen, (1..=600).collect::<Vec<_>>());
    }
}

/// What the server itself has counted since the last look: index entries and documents.
async fn profiled(database: &Database) -> u64 {
    let profile = database.collection::<Document>("system.profile");
    let entries: Vec<Document> =
        profile.find(doc! { "ns": format!("{}.visits", database.name()) }).await.unwrap().try_collect().await.unwrap();
    let number =
        |entry: &Document, field| entry.get(field).and_then(|n| n.as_i64().or(n.as_i32().map(i64::from))).map_or(0, i64::cast_unsigned);
    let sum = entries.iter().map(|entry| number(entry, "keysExamined") + number(entry, "docsExamined")).sum();
    database.run_command(doc! { "profile": 0 }).await.unwrap();
    profile.drop().await.unwrap();
    database.run_command(doc! { "profile": 2 }).await.unwrap();
    sum
}

async fn profiler(scratch: &Scratch, store: &Store) -> Database {
    store.ping().await.unwrap();
    let database = Client::with_uri_str(&scratch.0.url).await.unwrap().database(&scratch.0.database);
    database.run_command(doc! { "profile": 2 }).await.unwrap();
    profiled(&database).await;
    database
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_counted_is_what_the_server_reads() {
    let scratch = Scratch::new();
    let store = scratch.open(COLLECTIONS);
    let company = company(&store);
    load(&company).await;
    let database = profiler(&scratch, &store).await;
    let mut before = store.examined();

    for words in
        [vec!["ann"], vec!["a"], vec!["k1"], vec!["ann", "k17"], vec!["ann", "k", "r"], vec!["ann", "nobody"], vec!["r1", "r2", "k"]]
    {
        let words: Vec<String> = words.into_iter().map(str::to_owned).collect();
        for filters in [vec![], vec![Filter::Eq("status", "OPEN".into())]] {
            company.search::<Visit>("by_terms", &words, &filters).await.unwrap();
            let (counted, server) = (store.examined() - before, profiled(&database).await);
            before = store.examined();
            assert!(server <= 2_000, "{words:?}: {server}");
            assert!(counted + 2 * words.len() as u64 >= server, "{words:?}: counted {counted}, the server {server}");
        }
    }
    for (_, list) in lists() {
        let count = company.count::<Visit>(&list, 70).await.unwrap();
        let (counted, server) = (store.examined() - before, profiled(&database).await);
        before = store.examined();
        // Where null is looked for the server reads the documents too.
        assert!(server <= 2 * count + 8, "{list:?}: {count} at the cost of {server}, counted {counted}");
    }
    let ids: Vec<uuid::Uuid> = (1..=100).map(uuid::Uuid::from_u128).collect();
    company.get_many::<Visit>(&ids).await.unwrap();
    // The server looks one entry further.
    assert!(store.examined() - before + 1 >= profiled(&database).await);
}

store::parts! {
    /// A name.
    struct Named of Visit {
        always { id: Uuid }
        name: String,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_asked_for_does_not_leave_the_server() {
    let scratch = Scratch::new();
    let store = scratch.open(COLLECTIONS);
    let company = company(&store);
    let visit = |id| Visit { name: format!("Visit {id}"), secret: "x".repeat(10_000), terms: vec!["visit".into()], ..Visit::new(id) };
    insert(&company, (1..=20).map(visit)).await;
    let database = profiler(&scratch, &store).await;
    let ids: Vec<uuid::Uuid> = (1..=20).map(uuid::Uuid::from_u128).collect();
    let (query, words) = (Query::by("starts_at").eq("status", "OPEN").eq("urgent", false), ["visit".to_owned()]);
    let only = company.only(["name"]);

    assert!(company.get_many::<Visit>(&ids).await.unwrap().iter().flatten().all(|visit| visit.secret.len() == 10_000));
    assert!(sent(&database).await > 200_000);
    let got: Vec<Option<Named>> = only.get_many(&ids).await.unwrap();
    let got_bytes = sent(&database).await;
    let listed: Page<Named> = only.find_each(&[query]).await.unwrap().remove(0).unwrap();
    let listed_bytes = sent(&database).await;
    let (found, _) = only.search::<Named>("by_terms", &words, &[Filter::Eq("rank", None::<i64>.into())]).await.unwrap();
    let found_bytes = sent(&database).await;
    let names = got.iter().flatten().chain(&listed.items).chain(&found).filter(|visit| visit.name.get().is_some());
    assert_eq!(names.count(), 60);
    assert!([got_bytes, listed_bytes, found_bytes].iter().all(|bytes| *bytes < 10_000), "{got_bytes} {listed_bytes} {found_bytes}");
}

/// The bytes of the answers that the server has given since the last look.
async fn sent(database: &Database) -> u64 {
    let profile = database.collection::<Document>("system.profile");
    let of_visits = doc! { "ns": format!("{}.visits", database.name()) };
    let entries: Vec<Document> = profile.find(of_visits).await.unwrap().try_collect().await.unwrap();
    let bytes = entries.iter().map(|entry| u64::from(entry.get_i32("responseLength").unwrap_or(0).unsigned_abs())).sum();
    profiled(database).await;
    bytes
}
