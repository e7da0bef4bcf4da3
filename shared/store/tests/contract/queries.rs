//! Filters, orders and the indexes that serve them.

use store::{Direction, Error, Filter, Query, Store, Value};
use uuid::Uuid;

use crate::fixture::{Assignment, Customer, Visit, company, insert, numbers};

fn visit(id: u128, status: &str, starts_at: i64) -> Visit {
    Visit { status: status.into(), starts_at, ..Visit::new(id) }
}

pub(crate) async fn filters_find_what_they_say(store: Store) {
    let company = company(&store);
    let customer = |id: &str| Customer { id: id.into(), city: None };
    insert(
        &company,
        [
            Visit { customer: customer("a"), urgent: true, ..visit(1, "OPEN", 30) },
            Visit { customer: customer("a"), ..visit(2, "DONE", 20) },
            Visit { customer: customer("b"), urgent: true, ..visit(3, "DONE", 10) },
            Visit { customer: customer("b"), ..visit(4, "LOST", 20) },
        ],
    )
    .await;
    let by = || Query::by("starts_at").page(2, None);
    for (query, expected) in [
        (by(), vec![3, 2, 4, 1]),
        (by().descending(), vec![1, 4, 2, 3]),
        (by().eq("status", "DONE"), vec![3, 2]),
        (by().eq("customer.id", "a").descending(), vec![1, 2]),
        (by().is_in("status", ["DONE", "OPEN", "DONE"]), vec![3, 2, 1]),
        (by().is_in("status", ["LOST", "OPEN"]).descending(), vec![1, 4]),
        (by().eq("urgent", true).is_in("status", ["DONE", "OPEN"]), vec![3, 1]),
        (by().is_in("urgent", [true, false]).is_in("status", ["DONE", "LOST"]), vec![3, 2, 4]),
        (by().range("starts_at", Some(20), None), vec![2, 4, 1]),
        (by().range("starts_at", None, Some(20)), vec![3]),
        (by().range("starts_at", Some(10), Some(30)).descending(), vec![4, 2, 3]),
        (by().range("starts_at", Some(10), Some(30)).range("starts_at", Some(15), None), vec![2, 4]),
        (by().range("starts_at", Some(30), Some(10)), vec![]),
        (by().eq("starts_at", 20), vec![2, 4]),
        (by().eq("starts_at", 20).eq("starts_at", 30), vec![]),
        (by().is_in("status", ["DONE", "OPEN"]).range("starts_at", Some(20), None), vec![2, 1]),
        (by().eq("status", "none"), vec![]),
    ] {
        assert_eq!(numbers(&company, query.clone()).await, expected, "{query:?}");
        assert_eq!(company.count::<Visit>(&query, 100).await.unwrap(), expected.len() as u64, "{query:?}");
    }
}

pub(crate) async fn ranges_do_not_find_null(store: Store) {
    let company = company(&store);
    insert(&company, [Visit::new(1), Visit { rank: Some(i64::MIN), ..Visit::new(2) }, Visit { rank: Some(5), ..Visit::new(3) }]).await;
    for direction in [Direction::Ascending, Direction::Descending] {
        let by = || Query::by("rank").direction(direction);
        let mut expected = vec![2, 3];
        if direction == Direction::Descending {
            expected.reverse();
        }
        assert_eq!(numbers(&company, by().range("rank", None, Some(i64::MAX))).await, expected);
        assert_eq!(numbers(&company, by().range("rank", None::<i64>, None)).await, expected);
        assert_eq!(numbers(&company, by().range("rank", Some(6), None)).await, []);
        assert_eq!(numbers(&company, by().eq("rank", None::<i64>)).await, [1]);
    }
    // The same where the index does not help.
    let by_start = || Query::by("starts_at");
    assert_eq!(numbers(&company, by_start().range("rank", None, Some(i64::MAX))).await, [2, 3]);
    assert_eq!(numbers(&company, by_start().eq("rank", None::<i64>)).await, [1]);
    assert_eq!(numbers(&company, by_start().eq("number", None::<String>)).await, [1, 2, 3]);
}

pub(crate) async fn null_and_missing_sort_first(store: Store) {
    let company = company(&store);
    let ranked = |id, rank| Visit { rank, ..Visit::new(id) };
    insert(&company, [ranked(1, Some(0)), ranked(2, None), ranked(3, Some(i64::MIN)), ranked(4, None), ranked(5, Some(-1))]).await;
    for size in 1..=6 {
        assert_eq!(numbers(&company, Query::by("rank").page(size, None)).await, [2, 4, 3, 5, 1]);
        assert_eq!(numbers(&company, Query::by("rank").descending().page(size, None)).await, [1, 5, 3, 4, 2]);
    }
}

pub(crate) async fn an_array_finds_its_document_once(store: Store) {
    let company = company(&store);
    let crew = |id, starts_at, crew: &[&str]| Visit { crew: crew.iter().map(ToString::to_string).collect(), starts_at, ..Visit::new(id) };
    insert(
        &company,
        [crew(1, 2, &["a", "b", "a"]), crew(2, 1, &["b", "c"]), crew(3, 3, &["c"]), crew(4, 4, &[]), crew(5, 1, &["a", "b", "c"])],
    )
    .await;
    let by = || Query::by("starts_at");
    for size in 1..=5 {
        assert_eq!(numbers(&company, by().eq("crew", "a").page(size, None)).await, [5, 1]);
        assert_eq!(numbers(&company, by().is_in("crew", ["a", "b", "c"]).page(size, None)).await, [2, 5, 1, 3]);
        assert_eq!(numbers(&company, by().is_in("crew", ["a", "b", "c"]).descending().page(size, None)).await, [3, 1, 5, 2]);
        assert_eq!(numbers(&company, by().eq("crew", "a").eq("crew", "b").page(size, None)).await, [5, 1]);
        assert_eq!(numbers(&company, by().eq("crew", "a").eq("crew", "c").page(size, None)).await, [5]);
        assert_eq!(numbers(&company, by().page(size, None)).await, [2, 5, 1, 3, 4]);
    }
    assert_eq!(numbers(&company, by().eq("crew", None::<String>)).await, [4], "an empty array is null");
    assert_eq!(company.count::<Visit>(&by().is_in("crew", ["a", "b", "c"]), 100).await.unwrap(), 4);
}

pub(crate) async fn objects_in_arrays_are_found_by_their_field(store: Store) {
    let company = company(&store);
    let assigned = |id, employees: &[&str]| {
        let assignments = employees.iter().zip(1..).map(|(employee, id)| Assignment { id, employee: (*employee).into() });
        Visit { assignments: assignments.collect(), ..Visit::new(id) }
    };
    insert(&company, [assigned(1, &["a", "b"]), assigned(2, &["b", "b"]), assigned(3, &[])]).await;
    let by = |employee: &str| Query::by("starts_at").eq("assignments.employee", employee);
    assert_eq!(numbers(&company, by("a")).await, [1]);
    assert_eq!(numbers(&company, by("b")).await, [1, 2]);
    assert_eq!(numbers(&company, Query::by("starts_at").eq("assignments.employee", None::<String>)).await, [3]);
    assert_eq!(numbers(&company, Query::by("rank").is_in("assignments.employee", ["a", "x"])).await, [1]);
}

pub(crate) async fn filters_without_an_index_of_their_own_are_applied(store: Store) {
    let company = company(&store);
    let visits: Vec<Visit> =
        (1..=60_i64).map(|n| Visit { rank: Some(n % 10), urgent: n % 2 == 0, ..visit(n as u128, "OPEN", n) }).collect();
    insert(&company, visits).await;
    let by = || Query::by("starts_at").eq("status", "OPEN").page(2, None);
    assert_eq!(numbers(&company, by().eq("rank", 3)).await, [3, 13, 23, 33, 43, 53]);
    assert_eq!(numbers(&company, by().range("rank", Some(8), None).eq("name", "")).await, [8, 9, 18, 19, 28, 29, 38, 39, 48, 49, 58, 59]);
    assert_eq!(numbers(&company, by().is_in("rank", [1, 2]).eq("urgent", false).descending()).await, [51, 41, 31, 21, 11, 1]);
    assert_eq!(company.count::<Visit>(&by().eq("rank", 3), 100).await.unwrap(), 6);
    let before = store.examined();
    assert_eq!(numbers(&company, by().eq("rank", 11)).await, []);
    assert!(store.examined() - before >= 60, "what was read in vain is counted");
}

pub(crate) async fn a_query_without_an_index_names_the_missing_one(store: Store) {
    let company = company(&store);
    for (query, wanted) in [
        (Query::by("secret"), "visits has no index for this query: declare one on [] followed by \"secret\""),
        (Query::by("name.first").eq("status", "OPEN"), "declare one on [\"status\"] followed by \"name.first\""),
        (Query::by("number"), "followed by \"number\""),
        (Query::by("starts_at").is_in("status", (0..2_000).map(|n| n.to_string())).is_in("urgent", [true, false]), ""),
    ] {
        match company.find::<Visit>(&query).await {
            Err(Error::Internal(cause)) => assert!(cause.to_string().contains(wanted), "{cause}"),
            // Another index with fewer fields may serve.
            other => assert!(wanted.is_empty(), "{other:?}"),
        }
    }
    assert!(matches!(company.find_one::<Visit>("by_name", "x").await, Err(Error::Internal(_))));
    assert!(matches!(company.find_one::<Visit>("none", "x").await, Err(Error::Internal(_))));
    assert!(matches!(company.search::<Visit>("none", &["x".into()], &[]).await, Err(Error::Internal(_))));
}

pub(crate) async fn many_are_got_in_the_order_asked_for(store: Store) {
    let company = company(&store);
    insert(&company, [Visit::new(1), Visit::new(2), Visit::new(3)]).await;
    let ids = [3, 9, 1, 3].map(Uuid::from_u128);
    let found = company.get_many::<Visit>(&ids).await.unwrap();
    let found: Vec<Option<u128>> = found.into_iter().map(|visit| visit.map(|visit| visit.id.as_u128())).collect();
    assert_eq!(found, [Some(3), None, Some(1), Some(3)]);
    assert_eq!(company.get_many::<Visit>(&[]).await.unwrap(), []);
}

pub(crate) async fn counting_ends_where_told(store: Store) {
    let company = company(&store);
    insert(&company, (1..=50).map(Visit::new)).await;
    let query = Query::by("starts_at").eq("status", "OPEN");
    assert_eq!(company.count::<Visit>(&query, 1_000).await.unwrap(), 50);
    let before = store.examined();
    assert_eq!(company.count::<Visit>(&query, 10).await.unwrap(), 10);
    assert!(store.examined() - before <= 12);
    assert_eq!(company.count::<Visit>(&query, 0).await.unwrap(), 0);
}

pub(crate) async fn an_empty_choice_finds_nothing(store: Store) {
    let company = company(&store);
    insert(&company, [Visit::new(1)]).await;
    let none = Query::by("starts_at").filter(Filter::In("status", vec![]));
    assert_eq!(numbers(&company, none.clone()).await, []);
    assert_eq!(company.count::<Visit>(&none, 10).await.unwrap(), 0);
    let residual = Query::by("rank").filter(Filter::In("name", Vec::<Value>::new()));
    let pages = company.find_each::<Visit>(&[none, Query::by("rank"), residual]).await.unwrap();
    assert_eq!(pages.iter().map(|page| page.as_ref().unwrap().items.len()).collect::<Vec<_>>(), [0, 1, 0]);
}

pub(crate) async fn texts_are_in_the_order_of_their_code_points(store: Store) {
    let company = company(&store);
    let names = ["", "A", "Z", "a", "aa", "ab", "b", "ā", "ž", "а", "я", "\u{ffff}", "🙂"];
    let visits: Vec<Visit> = names.iter().zip(1..).map(|(name, id)| Visit { name: (*name).into(), ..Visit::new(id) }).collect();
    insert(&company, visits).await;
    assert_eq!(numbers(&company, Query::by("name").page(3, None)).await, (1..=13).collect::<Vec<_>>());
    assert_eq!(numbers(&company, Query::by("name").range("name", Some("a"), Some("b"))).await, [4, 5, 6]);
}
