//! Pages: nothing lost, nothing twice, at a cost that does not grow.

use std::collections::{BTreeMap, BTreeSet};

use kernel::CompanyId;
use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};
use store::{CompanyStore, Direction, Error, Page, Query, Store};
use uuid::Uuid;

use crate::fixture::{Copy, Visit, at, company, insert, transaction, update};

/// A list that is read page by page while others write.
#[derive(Debug, Clone)]
struct Plan {
    initial: Vec<Item>,
    list: List,
    direction: Direction,
    page_size: usize,
    between: Vec<Vec<Step>>,
}

/// Few distinct values, so that many items share their sort value.
#[derive(Debug, Clone)]
struct Item {
    starts_at: i64,
    rank: Option<i64>,
    status: u8,
    crew: Vec<u8>,
}

#[derive(Debug, Clone)]
enum Step {
    Insert(Item),
    Delete(usize),
    Touch(usize),
    Move(usize, i64),
}

#[derive(Debug, Clone, Copy)]
enum List {
    All,
    ByRank,
    Status,
    Statuses,
    Crew,
    Crews,
    Range,
    Residual,
}

impl List {
    fn query(self) -> Query {
        match self {
            Self::All => Query::by("starts_at"),
            Self::ByRank => Query::by("rank"),
            Self::Status => Query::by("starts_at").eq("status", "0"),
            Self::Statuses => Query::by("starts_at").is_in("status", ["0", "1"]),
            Self::Crew => Query::by("starts_at").eq("crew", "0"),
            Self::Crews => Query::by("starts_at").is_in("crew", ["0", "1", "2"]),
            Self::Range => Query::by("starts_at").is_in("status", ["0", "2"]).range("starts_at", Some(1), Some(3)),
            Self::Residual => Query::by("rank").eq("status", "0").is_in("crew", ["0", "1"]),
        }
    }

    fn has(self, visit: &Visit) -> bool {
        let status = |wanted: &[&str]| wanted.contains(&visit.status.as_str());
        let crew = |wanted: &[&str]| visit.crew.iter().any(|member| wanted.contains(&member.as_str()));
        match self {
            Self::All | Self::ByRank => true,
            Self::Status => status(&["0"]),
            Self::Statuses => status(&["0", "1"]),
            Self::Crew => crew(&["0"]),
            Self::Crews => crew(&["0", "1", "2"]),
            Self::Range => status(&["0", "2"]) && (1..3).contains(&visit.starts_at),
            Self::Residual => status(&["0"]) && crew(&["0", "1"]),
        }
    }
}

fn item() -> impl Strategy<Value = Item> {
    (0..4_i64, proptest::option::of(0..2_i64), 0..3_u8, proptest::collection::vec(0..4_u8, 0..4))
        .prop_map(|(starts_at, rank, status, crew)| Item { starts_at, rank, status, crew })
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => item().prop_map(Step::Insert),
        2 => any::<usize>().prop_map(Step::Delete),
        2 => any::<usize>().prop_map(Step::Touch),
        1 => (any::<usize>(), 0..4_i64).prop_map(|(which, to)| Step::Move(which, to)),
    ]
}

fn plan() -> impl Strategy<Value = Plan> {
    let lists = [List::All, List::ByRank, List::Status, List::Statuses, List::Crew, List::Crews, List::Range, List::Residual];
    (
        proptest::collection::vec(item(), 0..25),
        proptest::sample::select(lists.to_vec()),
        prop_oneof![Just(Direction::Ascending), Just(Direction::Descending)],
        1..6_usize,
        proptest::collection::vec(proptest::collection::vec(step(), 0..4), 0..12),
    )
        .prop_map(|(initial, list, direction, page_size, between)| Plan { initial, list, direction, page_size, between })
}

/// The documents as they should be, and what happened to them while the list was read.
struct Model {
    company: CompanyStore,
    next: u128,
    there: Vec<Visit>,
    /// Not there or not at its place all the time: may be on a page or not, and if it moved also twice.
    unsteady: BTreeSet<Uuid>,
    moved: BTreeSet<Uuid>,
}

impl Model {
    async fn insert(&mut self, item: &Item) -> Uuid {
        // Identifiers without the order of insertion.
        self.next = self.next.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835).wrapping_add(1);
        let visit = Visit {
            starts_at: item.starts_at,
            rank: item.rank,
            status: item.status.to_string(),
            crew: item.crew.iter().map(ToString::to_string).collect(),
            ..Visit::new(self.next)
        };
        insert(&self.company, [visit.clone()]).await;
        self.there.push(visit.clone());
        visit.id
    }

    async fn step(&mut self, step: &Step) {
        let pick = |which: usize, there: &[Visit]| (!there.is_empty()).then(|| which % there.len());
        match step {
            Step::Insert(item) => {
                let id = self.insert(item).await;
                self.unsteady.insert(id);
            }
            Step::Delete(which) => {
                let Some(at) = pick(*which, &self.there) else { return };
                let visit = self.there.swap_remove(at);
                let mut transaction = transaction(&self.company);
                transaction.delete(&visit);
                transaction.commit().await.unwrap();
                self.unsteady.insert(visit.id);
            }
            Step::Touch(which) => self.change(pick(*which, &self.there), |visit| visit.name.push('x')).await,
            Step::Move(which, to) => {
                let Some(at) = pick(*which, &self.there) else { return };
                self.unsteady.insert(self.there[at].id);
                self.moved.insert(self.there[at].id);
                self.change(Some(at), |visit| {
                    visit.starts_at = *to;
                    visit.rank = Some(*to);
                })
                .await;
            }
        }
    }

    async fn change(&mut self, at: Option<usize>, change: impl FnOnce(&mut Visit)) {
        let Some(at) = at else { return };
        let after = self.there[at].changed(change);
        update(&self.company, &self.there[at], &after).await.unwrap();
        self.there[at] = after;
    }
}

async fn check(plan: &Plan, company: CompanyStore) -> Result<(), TestCaseError> {
    let mut model = Model { company, next: 1, there: Vec::new(), unsteady: BTreeSet::new(), moved: BTreeSet::new() };
    for item in &plan.initial {
        model.insert(item).await;
    }
    let mut query = plan.list.query().direction(plan.direction).page(plan.page_size, None);
    let mut seen: BTreeMap<Uuid, usize> = BTreeMap::new();
    let mut places = Vec::new();
    let mut between = plan.between.iter();
    loop {
        let page: Page<Visit> = model.company.find(&query).await.unwrap();
        prop_assert!(page.items.len() == plan.page_size || !page.more);
        for visit in &page.items {
            *seen.entry(visit.id).or_default() += 1;
            let sort = if query.sort == "rank" { visit.rank } else { Some(visit.starts_at) };
            places.push((sort, visit.id));
        }
        query.page_token = page.next_page_token();
        if query.page_token.is_none() {
            break;
        }
        for step in between.next().into_iter().flatten() {
            model.step(step).await;
        }
    }
    let in_order = match plan.direction {
        Direction::Ascending => places.is_sorted(),
        Direction::Descending => places.iter().rev().is_sorted(),
    };
    prop_assert!(in_order, "out of order: {places:?}");
    for (id, times) in &seen {
        prop_assert!(*times == 1 || model.moved.contains(id), "{id} came {times} times");
    }
    for visit in &model.there {
        let wanted = plan.list.has(visit);
        prop_assert!(model.unsteady.contains(&visit.id) || wanted == seen.contains_key(&visit.id), "missed or wrong: {visit:?}");
    }
    Ok(())
}

pub(crate) async fn pages_lose_and_repeat_nothing_while_others_write(store: Store) {
    let mut runner = TestRunner::new(Config { cases: 150, failure_persistence: None, ..Config::default() });
    let runtime = tokio::runtime::Handle::current();
    let companies = std::cell::Cell::new(100);
    let result = tokio::task::block_in_place(|| {
        runner.run(&plan(), |plan| {
            companies.set(companies.get() + 1);
            let company = store.company(CompanyId::from_uuid(Uuid::from_u128(companies.get())));
            runtime.block_on(check(&plan, company))
        })
    });
    if let Err(error) = result {
        panic!("{error}");
    }
}

fn code(result: store::Result<Page<Visit>>) -> String {
    match result {
        Err(Error::BadQuery(kernel::Error::Invalid(violations))) if violations[0].field == "page_token" => violations[0].code.to_string(),
        other => panic!("not refused: {other:?}"),
    }
}

pub(crate) async fn tokens_made_up_or_of_another_list_are_refused(store: Store) {
    let company = company(&store);
    insert(&company, (1..=9).map(Visit::new)).await;
    let list = || Query::by("starts_at").eq("status", "OPEN");
    let page = company.find::<Visit>(&list().page(3, None)).await.unwrap();
    let token = page.next_page_token().unwrap();
    for other in [
        list().descending(),
        Query::by("starts_at"),
        Query::by("starts_at").eq("status", "DONE"),
        Query::by("starts_at").is_in("status", ["OPEN"]),
        Query::by("rank").eq("status", "OPEN"),
        list().range("starts_at", Some(0), None),
    ] {
        assert_eq!(code(company.find(&other.page(3, token.clone())).await), "WRONG_LIST");
    }
    for made_up in
        ["x".to_owned(), "{\"$gt\":\"\"}".to_owned(), "A".repeat(5_000), token[1..].to_owned(), format!("{token}A"), "🙂".to_owned()]
    {
        assert_eq!(code(company.find(&list().page(3, made_up)).await), "INVALID_TOKEN");
    }
    // Another page size and another order of the filters are still the same list.
    let two = || Query::by("starts_at").is_in("status", ["OPEN", "DONE"]).eq("urgent", false);
    let same = Query::by("starts_at").eq("urgent", false).is_in("status", ["DONE", "OPEN"]);
    let page = company.find::<Visit>(&two().page(3, None)).await.unwrap();
    let rest = company.find::<Visit>(&same.page(100, page.next_page_token())).await.unwrap();
    assert_eq!((rest.items.len(), rest.more), (6, false));
    // No token is the first page.
    assert_eq!(company.find::<Visit>(&list().page(9, String::new())).await.unwrap().items.len(), 9);
}

pub(crate) async fn one_bad_list_does_not_spoil_the_others(store: Store) {
    let company = company(&store);
    insert(&company, (1..=9).map(Visit::new)).await;
    let good = Query::by("starts_at").page(4, None);
    let bad = Query::by("starts_at").page(4, "made up".to_owned());
    let mut pages = company.find_each::<Visit>(&[good.clone(), bad, Query::by("secret"), good.clone()]).await.unwrap();
    let last = pages.pop().unwrap().unwrap();
    assert_eq!(last, company.find(&good).await.unwrap());
    assert!(matches!(pages.pop().unwrap(), Err(Error::Internal(_))));
    assert_eq!(code(pages.pop().unwrap()), "INVALID_TOKEN");
    assert_eq!(pages.pop().unwrap().unwrap(), last);
    assert!(company.find_each::<Visit>(&[]).await.unwrap().is_empty());
}

pub(crate) async fn a_page_size_out_of_range_is_refused(store: Store) {
    for size in [0, Query::MAX_PAGE_SIZE + 1, usize::MAX] {
        let result = company(&store).find::<Visit>(&Query::by("starts_at").page(size, None)).await;
        assert!(matches!(result, Err(Error::Internal(_))));
    }
}

pub(crate) async fn every_item_has_its_cursor(store: Store) {
    let company = company(&store);
    insert(&company, (1..=5).map(Visit::new)).await;
    let page = company.find::<Visit>(&Query::by("starts_at").page(5, None)).await.unwrap();
    assert_eq!((page.tokens().len(), page.more, page.next_page_token()), (5, false, None));
    for (at, token) in page.tokens().into_iter().enumerate() {
        let rest = company.find::<Visit>(&Query::by("starts_at").page(5, token)).await.unwrap();
        assert_eq!(rest.items, page.items[at + 1..]);
    }
}

/// Documents made cheaply, a thousand a transaction: all equal in `kind`, in hundreds equal in `name`.
async fn load(company: &CompanyStore, from: u128, until: u128) {
    let numbers: Vec<u128> = (from..until).collect();
    for chunk in numbers.chunks(1_000) {
        let mut transaction = company.transaction(&crate::fixture::actor(), at(0));
        for number in chunk {
            transaction.put(&Copy::new(*number, format!("{:06}", number / 100)));
        }
        transaction.commit().await.unwrap();
    }
}

pub(crate) async fn a_page_costs_the_same_whatever_the_number_of_documents(store: Store) {
    const SIZE: usize = 50;
    let store = store.with_deadline(std::time::Duration::from_secs(60));
    let company = company(&store);
    let lists = [
        Query::by("name"),
        Query::by("name").descending(),
        Query::by("name").eq("kind", "K"),
        Query::by("name").is_in("kind", ["J", "K", "L"]).range("name", Some("000000"), Some("999999")),
    ];
    let mut costs = Vec::new();
    let mut there = 0;
    for total in [1_000, 100_000] {
        load(&company, there, total).await;
        there = total;
        for list in &lists {
            // The first page, and the page after the item in the middle.
            let first = company.find::<Copy>(&list.clone().page(1, None)).await.unwrap();
            let middle = Copy::new(total / 2, format!("{:06}", total / 2 / 100));
            let deep = token_of(first.cursors[0].clone(), &middle);
            for token in [None, Some(deep)] {
                let before = store.examined();
                let page = company.find::<Copy>(&list.clone().page(SIZE, token.clone())).await.unwrap();
                costs.push(store.examined() - before);
                assert_eq!((page.items.len(), page.more), (SIZE, true));
                if token.is_some() {
                    let number = page.items[0].id.as_u128();
                    assert!(number.abs_diff(total / 2) == 1, "{number}");
                }
            }
        }
    }
    let (small, large) = costs.split_at(costs.len() / 2);
    assert_eq!(small, large);
    assert!(costs.iter().all(|cost| *cost <= 3 * SIZE as u64), "{costs:?}");
}

/// The token of a list whose item is another one.
fn token_of(mut cursor: kernel::Cursor, item: &Copy) -> String {
    cursor.key = item.name.clone().into();
    cursor.id = item.id;
    cursor.encode()
}
