//! Documents and their versions.

use store::{Error, Query, Store};
use uuid::Uuid;

use crate::fixture::{Assignment, Copy, Customer, Visit, company, insert, numbers, transaction, update};

fn current<T: std::fmt::Debug>(result: store::Result<T>) -> Option<u64> {
    match result {
        Err(Error::Conflict { collection: "visits", resource: "visit", current, .. }) => current,
        other => panic!("no conflict: {other:?}"),
    }
}

pub(crate) async fn a_document_comes_back_as_it_was_written(store: Store) {
    let company = company(&store);
    let visit = Visit {
        name: "Jānis \"O'Neil\" 🙂 \u{1}".into(),
        starts_at: i64::MIN,
        rank: Some(i64::MAX),
        customer: Customer { id: "c".into(), city: Some(String::new()) },
        assignments: vec![Assignment { id: 1, employee: "e".into() }],
        ..Visit::new(u128::MAX)
    };
    insert(&company, [visit.clone()]).await;
    assert_eq!(company.get::<Visit>(visit.id).await.unwrap(), Some(visit));
    assert_eq!(company.get::<Visit>(Uuid::nil()).await.unwrap(), None);
}

pub(crate) async fn a_stale_update_is_a_conflict_with_the_current_version(store: Store) {
    let company = company(&store);
    let first = Visit::new(1);
    insert(&company, [first.clone()]).await;
    let second = first.changed(|visit| visit.name = "second".into());
    update(&company, &first, &second).await.unwrap();
    assert_eq!(current(update(&company, &first, &first.changed(|visit| visit.name = "late".into())).await), Some(2));
    assert_eq!(company.get(first.id).await.unwrap(), Some(second));
    let missing = Visit::new(9);
    assert_eq!(current(update(&company, &missing, &missing.changed(|_| ())).await), None);
}

pub(crate) async fn a_stale_delete_is_a_conflict(store: Store) {
    let company = company(&store);
    let first = Visit::new(1);
    insert(&company, [first.clone()]).await;
    let second = first.changed(|_| ());
    update(&company, &first, &second).await.unwrap();
    let delete = |visit: &Visit| {
        let mut transaction = transaction(&company);
        transaction.delete(visit);
        transaction.commit()
    };
    assert_eq!(current(delete(&first).await), Some(2));
    delete(&second).await.unwrap();
    assert_eq!(current(delete(&second).await), None);
}

pub(crate) async fn an_insert_of_what_is_there_is_a_conflict(store: Store) {
    let company = company(&store);
    insert(&company, [Visit::new(1)]).await;
    let mut again = transaction(&company);
    again.insert(&Visit { name: "again".into(), ..Visit::new(1) });
    assert_eq!(current(again.commit().await), Some(1));
}

pub(crate) async fn of_concurrent_commits_exactly_one_wins(store: Store) {
    let company = company(&store);
    let mut before = Visit::new(1);
    insert(&company, [before.clone()]).await;
    for round in 0..20 {
        let attempts = (0..8).map(|n| {
            let (company, before) = (company.clone(), before.clone());
            async move { update(&company, &before, &before.changed(|visit| visit.name = format!("{round}-{n}"))).await }
        });
        let results = futures::future::join_all(attempts).await;
        let winner = results.iter().position(Result::is_ok).unwrap();
        for (n, result) in results.into_iter().enumerate() {
            assert!(n == winner || current(result) == Some(before.version + 1));
        }
        before = company.get(before.id).await.unwrap().unwrap();
        assert_eq!(before.name, format!("{round}-{winner}"));
    }
}

pub(crate) async fn a_failed_commit_changes_nothing(store: Store) {
    let company = company(&store);
    let there = Visit::new(1);
    insert(&company, [there.clone()]).await;
    let mut transaction = transaction(&company);
    transaction.insert(&Visit::new(2)).update(&there, &there.changed(|visit| visit.name = "new".into())).insert(&Visit::new(1));
    assert_eq!(current(transaction.commit().await), Some(2));
    assert_eq!(numbers(&company, Query::by("starts_at")).await, [1]);
    assert_eq!(company.get(there.id).await.unwrap(), Some(there));
}

pub(crate) async fn writes_of_one_transaction_follow_one_another(store: Store) {
    let company = company(&store);
    let (first, other) = (Visit { number: Some("A".into()), ..Visit::new(1) }, Visit { number: Some("A".into()), ..Visit::new(2) });
    let second = first.changed(|visit| visit.number = Some("B".into()));
    let mut transaction = transaction(&company);
    transaction.insert(&first).update(&first, &second).insert(&other).delete(&second);
    transaction.commit().await.unwrap();
    assert_eq!(numbers(&company, Query::by("starts_at")).await, [2]);
}

pub(crate) async fn put_replaces_whatever_is_there(store: Store) {
    let company = company(&store);
    for copy in [Copy::new(1, "first"), Copy { version: 9, ..Copy::new(1, "ninth") }, Copy { version: 3, ..Copy::new(1, "third") }] {
        let mut transaction = transaction(&company);
        transaction.put(&copy);
        transaction.commit().await.unwrap();
        assert_eq!(company.get(copy.id).await.unwrap(), Some(copy.clone()));
        assert_eq!(company.find::<Copy>(&Query::by("name")).await.unwrap().items, [copy]);
    }
}

pub(crate) async fn an_update_must_add_one_to_the_version(store: Store) {
    let company = company(&store);
    let first = Visit::new(1);
    insert(&company, [first.clone()]).await;
    for wrong in [first.clone(), first.changed(|visit| visit.version = 3), Visit { version: 2, ..Visit::new(2) }] {
        assert!(matches!(update(&company, &first, &wrong).await, Err(Error::Internal(_))));
    }
}

pub(crate) async fn a_deleted_document_is_gone_from_every_query(store: Store) {
    let company = company(&store);
    let visit = Visit { number: Some("A".into()), terms: vec!["anna".into()], crew: vec!["e1".into(), "e2".into()], ..Visit::new(1) };
    insert(&company, [visit.clone()]).await;
    let mut transaction = transaction(&company);
    transaction.delete(&visit);
    transaction.commit().await.unwrap();
    assert_eq!(company.get::<Visit>(visit.id).await.unwrap(), None);
    assert_eq!(company.find_one::<Visit>("number", "A").await.unwrap(), None);
    assert_eq!(company.search::<Visit>("by_terms", &["anna".into()], &[]).await.unwrap(), (vec![], false));
    for query in [Query::by("starts_at"), Query::by("rank"), Query::by("starts_at").eq("crew", "e2")] {
        assert_eq!(company.count::<Visit>(&query, 10).await.unwrap(), 0);
    }
}

pub(crate) async fn absence_can_be_relied_on(store: Store) {
    let company = company(&store);
    let (here, missing) = (Visit::new(1), Visit::new(2));
    insert(&company, [here.clone()]).await;
    let relying = async |id: Uuid, visit: Visit| {
        let mut transaction = transaction(&company);
        transaction.absent::<Visit>(id).insert(&visit);
        transaction.commit().await
    };
    relying(missing.id, Visit::new(3)).await.unwrap();
    assert_eq!(current(relying(here.id, Visit::new(4)).await), Some(1));
    assert_eq!(numbers(&company, Query::by("starts_at")).await, [1, 3], "nothing is left of it, and nothing of the conflict");
}
