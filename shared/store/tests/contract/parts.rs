//! Reads of some fields of documents.

use serde::Deserialize;
use store::{CompanyStore, Direction, Filter, Page, Part, Parts, Query, Store};
use uuid::Uuid;

use crate::fixture::{Customer, Visit, all, company, insert};

store::parts! {
    /// Some of a visit.
    pub(crate) struct VisitParts of Visit {
        always { id: Uuid, status: String }
        number: Option<String>,
        slot: Option<i64>,
        name: String,
        rank: Option<i64>,
        customer: Customer,
        crew: Vec<String>,
        secret: String,
    }
}

fn visit(id: u128) -> Visit {
    Visit {
        name: format!("Visit {id}"),
        secret: "x".repeat(1_000),
        customer: Customer { id: "c".into(), city: Some("Rīga".into()) },
        terms: vec!["visit".into(), format!("n{id}")],
        rank: (!id.is_multiple_of(3)).then_some(i64::try_from(id % 3).unwrap()),
        status: (id % 2).to_string(),
        crew: (0..id % 4).map(|member| member.to_string()).collect(),
        starts_at: i64::try_from(id % 5).unwrap(),
        ..Visit::new(id)
    }
}

/// What is to be read of a visit where only these fields are asked for.
fn expected(visit: &Visit, fields: &[&str]) -> VisitParts {
    let mut parts = VisitParts::from(visit);
    macro_rules! leave_unread {
        ($($field:ident)*) => { $(if !fields.contains(&stringify!($field)) { parts.$field = Part::Unread; })* };
    }
    leave_unread!(number slot name rank customer crew secret);
    parts
}

const CHOICES: [&[&str]; 5] = [&[], &["name"], &["secret", "slot"], &["customer", "crew"], &["number", "rank", "name", "status"]];

pub(crate) async fn what_was_asked_for_is_read_and_nothing_else(store: Store) {
    let company = company(&store);
    let visits: Vec<Visit> = (1..=6).map(visit).collect();
    insert(&company, visits.clone()).await;
    for fields in CHOICES {
        let ids = [3, 9, 1, 3].map(Uuid::from_u128);
        let found = company.only(fields.iter().copied()).get_many::<VisitParts>(&ids).await.unwrap();
        let third = Some(expected(&visits[2], fields));
        assert_eq!(found, [third.clone(), None, Some(expected(&visits[0], fields)), third], "{fields:?}");
    }
    assert_eq!(company.only(["name"]).get_many::<VisitParts>(&[]).await.unwrap(), []);
}

pub(crate) async fn a_field_that_is_not_there_is_null_and_not_unread(store: Store) {
    let company = company(&store);
    insert(&company, [Visit { slot: None, ..Visit::new(1) }]).await;
    let one = company.only(["number", "slot"]).get_many::<VisitParts>(&[Uuid::from_u128(1)]).await.unwrap().remove(0).unwrap();
    // The document has a null and no number at all.
    assert_eq!((one.slot, one.number, one.rank), (Part::Read(None), Part::Read(None), Part::Unread));
}

/// Fields that no visit has.
#[derive(Debug, Deserialize)]
struct Strange {
    id: Uuid,
    #[serde(rename = "customer.city", default)]
    inner: Part<Option<String>>,
    #[serde(rename = "assignments.0", default)]
    element: Part<Option<u32>>,
    #[serde(rename = "$name", default)]
    operator: Part<Option<String>>,
    #[serde(rename = "_id", default)]
    own: Part<Option<String>>,
    #[serde(deserialize_with = "store::or_default", default)]
    left_out: Part<String>,
    /// Which can't be read of nothing.
    #[serde(default)]
    needed: Part<String>,
}

impl Parts for Strange {
    type Of = Visit;
    const ALWAYS: &'static [&'static str] = &["id"];
}

pub(crate) async fn only_fields_at_the_top_can_be_named(store: Store) {
    let company = company(&store);
    insert(&company, [visit(1)]).await;
    let read = |fields: &'static [&'static str]| {
        let company = company.clone();
        async move { company.only(fields.iter().copied()).get_many::<Strange>(&[Uuid::from_u128(1)]).await }
    };
    let strange = read(&["customer.city", "assignments.0", "$name", "_id", "left_out"]).await.unwrap().remove(0).unwrap();
    assert_eq!(strange.id, Uuid::from_u128(1));
    assert_eq!((strange.inner, strange.element), (Part::Read(None), Part::Read(None)));
    assert_eq!((strange.operator, strange.own, strange.needed), (Part::Read(None), Part::Read(None), Part::Unread));
    assert_eq!(strange.left_out, Part::Read(String::new()));
    assert!(read(&["needed"]).await.unwrap_err().to_string().contains("visits can't be read"), "what has no null is not made up");
}

pub(crate) async fn lists_and_their_cursors_are_those_of_whole_documents(store: Store) {
    let company = company(&store);
    let visits: Vec<Visit> = (1..=40).map(visit).collect();
    insert(&company, visits.clone()).await;
    let lists = [
        Query::by("starts_at"),
        Query::by("rank"),
        Query::by("name"),
        Query::by("starts_at").eq("status", "1"),
        Query::by("starts_at").is_in("status", ["0", "1"]),
        Query::by("starts_at").is_in("crew", ["0", "1", "2"]),
        Query::by("starts_at").eq("crew", None::<String>),
        Query::by("starts_at").eq("customer.id", "c").range("starts_at", Some(1), Some(4)),
        // Conditions beside the index, on fields that are not asked for.
        Query::by("rank").eq("status", "0").is_in("crew", ["0", "1"]).eq("customer.city", "Rīga"),
    ];
    for (fields, list) in CHOICES.iter().flat_map(|fields| lists.iter().map(move |list| (fields, list))) {
        for direction in [Direction::Ascending, Direction::Descending] {
            let query = list.clone().direction(direction).page(7, None);
            let (mut whole, mut parts) = (query.clone(), query.clone());
            let mut read = Vec::new();
            loop {
                let first: Page<Visit> = company.find(&whole).await.unwrap();
                let page: Page<VisitParts> = of(&company, fields, &parts).await;
                assert_eq!((&page.cursors, page.more), (&first.cursors, first.more), "{fields:?} {query:?}");
                read.extend(page.items.iter().map(|item| item.id));
                assert_eq!(page.items, first.items.iter().map(|visit| expected(visit, fields)).collect::<Vec<_>>());
                (whole.page_token, parts.page_token) = (page.next_page_token(), first.next_page_token());
                if whole.page_token.is_none() {
                    break;
                }
            }
            let all: Vec<Uuid> = all::<Visit>(&company, query).await.iter().map(|visit| visit.id).collect();
            assert_eq!(read, all);
        }
    }
}

async fn of(company: &CompanyStore, fields: &[&'static str], query: &Query) -> Page<VisitParts> {
    let only = company.only(fields.iter().copied());
    only.find_each::<VisitParts>(std::slice::from_ref(query)).await.unwrap().remove(0).unwrap()
}

pub(crate) async fn a_bad_list_is_told_and_costs_the_others_nothing(store: Store) {
    let company = company(&store);
    insert(&company, [visit(1)]).await;
    let queries = [Query::by("starts_at"), Query::by("starts_at").page(1, "made-up".to_owned()), Query::by("rank")];
    let pages = company.only(["name"]).find_each::<VisitParts>(&queries).await.unwrap();
    assert_eq!(pages.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, false, true]);
}

pub(crate) async fn a_search_finds_by_what_it_does_not_hand_over(store: Store) {
    let company = company(&store);
    let visits: Vec<Visit> = (1..=40).map(visit).collect();
    insert(&company, visits.clone()).await;
    let even = Filter::Eq("customer.city", "Rīga".into());
    for fields in CHOICES {
        for (words, filters) in [
            (vec!["visi"], vec![]),
            (vec!["n1", "visit"], vec![Filter::Eq("rank", 1.into()), even.clone()]),
            (vec!["n39"], vec![]),
            (vec!["nobody"], vec![]),
            (vec![], vec![]),
        ] {
            let words: Vec<String> = words.into_iter().map(str::to_owned).collect();
            let (whole, more) = company.search::<Visit>("by_terms", &words, &filters).await.unwrap();
            let (mut found, parts_more) =
                company.only(fields.iter().copied()).search::<VisitParts>("by_terms", &words, &filters).await.unwrap();
            let mut wanted: Vec<VisitParts> = whole.iter().map(|visit| expected(visit, fields)).collect();
            found.sort_by_key(|parts| parts.id);
            wanted.sort_by_key(|parts| parts.id);
            assert_eq!((found, parts_more), (wanted, more), "{fields:?} {words:?}");
        }
    }
}
