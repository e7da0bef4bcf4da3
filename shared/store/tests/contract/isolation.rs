//! Companies do not see one another.

use store::{Error, Filter, HistoryEntry, Query, Store};

use crate::fixture::{Copy, Visit, all, company, event, insert, other_company, transaction, update};

pub(crate) async fn another_company_sees_and_touches_nothing(store: Store) {
    let (mine, other) = (company(&store), other_company(&store));
    let visit = Visit { number: Some("A".into()), terms: vec!["anna".into()], crew: vec!["e".into()], ..Visit::new(1) };
    insert(&mine, [visit.clone()]).await;
    insert(&mine, [Copy::new(2, "copy")]).await;

    assert_eq!(other.get::<Visit>(visit.id).await.unwrap(), None);
    assert_eq!(other.get_many::<Visit>(&[visit.id, visit.id]).await.unwrap(), [None, None]);
    assert_eq!(other.find_one::<Visit>("number", "A").await.unwrap(), None);
    assert_eq!(other.search::<Visit>("by_terms", &["anna".into()], &[]).await.unwrap(), (vec![], false));
    for query in [
        Query::by("starts_at"),
        Query::by("starts_at").descending(),
        Query::by("starts_at").eq("crew", "e"),
        Query::by("starts_at").is_in("status", ["OPEN", "DONE"]),
        Query::by("name"),
        Query::by("rank"),
        Query::by("starts_at").filter(Filter::Range { field: "starts_at", from: None, until: None }),
    ] {
        assert_eq!(all::<Visit>(&other, query.clone()).await, []);
        assert_eq!(other.count::<Visit>(&query, 10).await.unwrap(), 0);
        assert_eq!(all::<Visit>(&mine, query).await, std::slice::from_ref(&visit));
    }
    assert_eq!(all::<HistoryEntry>(&other, Query::by("version").eq("entity_id", visit.id)).await, []);
    assert_eq!(all::<HistoryEntry>(&mine, Query::by("version").eq("entity_id", visit.id)).await.len(), 1);

    // A token of one company is none of another's list.
    insert(&mine, [Visit::new(3)]).await;
    let page = mine.find::<Visit>(&Query::by("starts_at").page(1, None)).await.unwrap();
    let stolen = Query::by("starts_at").page(1, page.next_page_token());
    assert!(matches!(other.find::<Visit>(&stolen).await, Err(Error::BadQuery(_))));

    // Writes with the same identifier are about another document.
    assert!(matches!(update(&other, &visit, &visit.changed(|_| ())).await, Err(Error::Conflict { current: None, .. })));
    let mut delete = transaction(&other);
    delete.delete(&visit);
    assert!(matches!(delete.commit().await, Err(Error::Conflict { current: None, .. })));
    let mut put = transaction(&other);
    put.put(&Copy::new(2, "theirs")).insert(&Visit { name: "theirs".into(), ..Visit::new(1) });
    put.commit().await.unwrap();
    assert_eq!(mine.get::<Visit>(visit.id).await.unwrap(), Some(visit));
    assert_eq!(all::<Copy>(&mine, Query::by("name")).await, [Copy::new(2, "copy")]);
    assert_eq!(all::<Copy>(&other, Query::by("name")).await, [Copy::new(2, "theirs")]);

    // Nor does an inbox mark of one company count in another.
    let happened = event(&mine, 1);
    for company in [&mine, &other] {
        let mut receive = transaction(company);
        receive.received("consumer", happened.id);
        receive.commit().await.unwrap();
    }
}

pub(crate) async fn unique_keys_hold_within_the_company(store: Store) {
    let visit = Visit { number: Some("A".into()), ..Visit::new(1) };
    for company in [company(&store), other_company(&store)] {
        insert(&company, [visit.clone()]).await;
        assert_eq!(company.find_one::<Visit>("number", "A").await.unwrap(), Some(visit.clone()));
    }
}
