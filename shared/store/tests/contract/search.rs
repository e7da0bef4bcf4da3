//! Search by the beginnings of words.

use kernel::search::{query, terms};
use store::{CompanyStore, Filter, Store};

use crate::fixture::{Visit, company, insert};

/// How many index entries and documents a search may read.
const MAX_EXAMINED: u64 = 2_000;

fn named(id: u128, name: &str) -> Visit {
    Visit { name: name.into(), terms: terms([name], []), ..Visit::new(id) }
}

async fn found(company: &CompanyStore, text: &str) -> Vec<u128> {
    let (visits, more) = company.search::<Visit>("by_terms", &query(text), &[]).await.unwrap();
    assert!(!more);
    let mut found: Vec<u128> = visits.iter().map(|visit| visit.id.as_u128()).collect();
    found.sort_unstable();
    found
}

pub(crate) async fn words_find_by_their_beginning(store: Store) {
    let company = company(&store);
    let names = ["Jānis Bērziņš", "Janina Ozola-Bērza", "Алёна Йосина", "Élan O'Neil", "Berzs Jan Jan Janis", "張 偉", "z\u{10ffff}z"];
    insert(&company, names.iter().zip(1..).map(|(name, id)| named(id, name))).await;
    for (text, expected) in [
        ("jan", vec![1, 2, 5]),
        ("JĀNIS", vec![1, 5]),
        ("berz", vec![1, 2, 5]),
        ("АЛЕ", vec![3]),
        ("йос", vec![3]),
        ("élan neil", vec![4]),
        ("張", vec![6]),
        ("z", vec![7]),
        ("anis", vec![]),
        ("janisx", vec![]),
        ("", vec![]),
        ("  -- ", vec![]),
    ] {
        assert_eq!(found(&company, text).await, expected, "{text:?}");
    }
    let raw = company.search::<Visit>("by_terms", &["\u{10ffff}".into()], &[]).await.unwrap();
    assert_eq!(raw, (vec![], false));
}

pub(crate) async fn every_word_and_filter_must_hold(store: Store) {
    let company = company(&store);
    let mut visits = vec![named(1, "Anna Liepa Rīga"), named(2, "Anna Kalna Rīga"), named(3, "Liepa Anna"), named(4, "Rita Annas")];
    visits[1].status = "DONE".into();
    visits[2].rank = Some(5);
    insert(&company, visits).await;
    assert_eq!(found(&company, "rig anna").await, [1, 2]);
    assert_eq!(found(&company, "anna liepa").await, [1, 3]);
    assert_eq!(found(&company, "anna liepa riga rita").await, []);
    let filtered = |filters: Vec<Filter>| {
        let company = company.clone();
        async move {
            let (visits, _) = company.search::<Visit>("by_terms", &query("ann"), &filters).await.unwrap();
            visits.iter().map(|visit| visit.id.as_u128()).collect::<std::collections::BTreeSet<_>>()
        }
    };
    assert_eq!(filtered(vec![Filter::Eq("status", "OPEN".into())]).await, [1, 3, 4].into());
    assert_eq!(filtered(vec![Filter::In("status", vec!["DONE".into()])]).await, [2].into());
    let ranked = Filter::Range { field: "rank", from: Some(1.into()), until: None };
    assert_eq!(filtered(vec![ranked, Filter::Eq("status", "OPEN".into())]).await, [3].into());
}

async fn load(company: &CompanyStore, count: u128, name: impl Fn(u128) -> String) {
    for chunk in (1..=count).collect::<Vec<_>>().chunks(500) {
        insert(company, chunk.iter().map(|id| named(*id, &name(*id)))).await;
    }
}

pub(crate) async fn the_rarest_word_is_read(store: Store) {
    let store = store.with_deadline(std::time::Duration::from_secs(60));
    let company = company(&store);
    load(&company, 3_000, |id| if id % 300 == 0 { format!("Anna Kalna Rare{id}") } else { format!("Anna Kalna Common{id}") }).await;
    for text in ["rare", "anna rare", "rare anna", "anna kalna rare", "kaln ann rare3"] {
        let before = store.examined();
        assert!(found(&company, text).await.len() >= 2, "{text:?}");
        let examined = store.examined() - before;
        assert!(examined <= 60, "{text:?} examined {examined}");
    }
    let before = store.examined();
    assert_eq!(found(&company, "anna nobody").await, []);
    assert!(store.examined() - before <= 5);
}

pub(crate) async fn a_search_reads_no_more_than_its_limit_and_says_so(store: Store) {
    let store = store.with_deadline(std::time::Duration::from_secs(60));
    let company = company(&store);
    load(&company, 2_500, |id| format!("Anna Annas Annija Kalna Kalns Liepa Ozola Priede Egle Berza {id}")).await;
    for text in ["ann", "kal", "anna kalna", "a k l o p e b", "anna annas annija kalna kalns liepa ozola priede"] {
        for filters in [vec![], vec![Filter::Eq("status", "OPEN".into()), Filter::Eq("rank", None::<i64>.into())]] {
            let before = store.examined();
            let (visits, more) = company.search::<Visit>("by_terms", &query(text), &filters).await.unwrap();
            let examined = store.examined() - before;
            assert!(more, "{text:?}");
            assert!(visits.len() >= 200 && visits.len() <= 1_000, "{text:?} found {}", visits.len());
            assert!(examined <= MAX_EXAMINED, "{text:?} examined {examined}");
            let distinct: std::collections::BTreeSet<_> = visits.iter().map(|visit| visit.id).collect();
            assert_eq!(distinct.len(), visits.len());
        }
    }
}
