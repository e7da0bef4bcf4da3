//! What changed, from what, to what, who, when.

use kernel::{AccountId, Actor};
use store::{Action, CompanyStore, HistoryEntry, Query, Store};
use uuid::Uuid;

use crate::fixture::{Assignment, Copy, Customer, Visit, actor, all, at, company, insert, transaction, update};

async fn entries(company: &CompanyStore, visit: &Visit) -> Vec<HistoryEntry> {
    all(company, Query::by("version").eq("entity_id", visit.id)).await
}

/// `field: from -> to`, with `-` for nothing.
fn told(entry: &HistoryEntry) -> Vec<String> {
    let text = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".into());
    entry.changes.iter().map(|change| format!("{}: {} -> {}", change.field, text(&change.from), text(&change.to))).collect()
}

pub(crate) async fn changes_are_kept_with_who_and_when(store: Store) {
    let company = company(&store);
    let first = Visit { customer: Customer { id: "c1".into(), city: None }, crew: vec!["a".into()], ..Visit::new(7) };
    insert(&company, [first.clone()]).await;
    let anna = Actor::Account { account: AccountId::from_uuid(Uuid::from_u128(5)), employee: None };
    let second = first.changed(|visit| {
        visit.status = "DONE".into();
        visit.urgent = true;
        visit.customer.city = Some("Rīga".into());
        visit.crew = vec!["a".into(), "b".into()];
    });
    let mut change = company.transaction(&anna, at(2_000));
    change.update(&first, &second);
    change.commit().await.unwrap();
    let mut delete = company.transaction(&anna, at(3_000));
    delete.delete(&second);
    delete.commit().await.unwrap();

    let entries = entries(&company, &first).await;
    let facts = |entry: &HistoryEntry| (entry.entity.clone(), entry.entity_id, entry.version, entry.at, entry.actor.clone(), entry.action);
    assert_eq!(facts(&entries[0]), ("visit".into(), first.id, 1, at(1_000), actor(), Action::Created));
    assert_eq!(facts(&entries[1]), ("visit".into(), first.id, 2, at(2_000), anna.clone(), Action::Updated));
    assert_eq!(facts(&entries[2]), ("visit".into(), first.id, 3, at(3_000), anna, Action::Deleted));
    assert_eq!(
        told(&entries[0]),
        ["crew: - -> [\"a\"]", "customer.id: - -> c1", "name: - -> ", "starts_at: - -> 0", "status: - -> OPEN", "urgent: - -> false"]
    );
    assert_eq!(
        told(&entries[1]),
        ["crew: [\"a\"] -> [\"a\",\"b\"]", "customer.city: - -> Rīga", "status: OPEN -> DONE", "urgent: false -> true"]
    );
    assert!(told(&entries[2]).contains(&"status: DONE -> -".to_owned()));
    assert_eq!(company.get::<HistoryEntry>(entries[0].id).await.unwrap().as_ref(), Some(&entries[0]));
}

pub(crate) async fn derived_and_secret_fields_are_left_out(store: Store) {
    let company = company(&store);
    let first = Visit { secret: "hash-1".into(), terms: vec!["anna".into()], ..Visit::new(1) };
    insert(&company, [first.clone()]).await;
    update(
        &company,
        &first,
        &first.changed(|visit| {
            visit.secret = "hash-2".into();
            visit.terms = vec!["rita".into()];
            visit.name = "Rita".into();
        }),
    )
    .await
    .unwrap();
    let entries = entries(&company, &first).await;
    assert_eq!(told(&entries[1]), ["name:  -> Rita"]);
    let stored = serde_json::to_string(&entries).unwrap();
    assert!(!stored.contains("hash") && !stored.contains("anna"), "{stored}");
    // Copies have none at all.
    insert(&company, [Copy::new(2, "x")]).await;
    assert_eq!(company.count::<HistoryEntry>(&Query::by("version").eq("entity_id", Uuid::from_u128(2)), 9).await.unwrap(), 0);
}

pub(crate) async fn elements_of_lists_are_matched_by_id(store: Store) {
    let company = company(&store);
    let assignment = |id, employee: &str| Assignment { id, employee: employee.into() };
    let first = Visit { assignments: vec![assignment(1, "a"), assignment(2, "b")], ..Visit::new(1) };
    let second = first.changed(|visit| visit.assignments = vec![assignment(2, "c"), assignment(3, "d")]);
    let third = second.changed(|visit| visit.assignments.reverse());
    insert(&company, [first.clone()]).await;
    update(&company, &first, &second).await.unwrap();
    update(&company, &second, &third).await.unwrap();
    let entries = entries(&company, &first).await;
    assert_eq!(
        told(&entries[1]),
        [
            "assignments[0].employee: b -> c",
            "assignments[1].employee: - -> d",
            "assignments[1].id: - -> 3",
            "assignments[0].employee: a -> -",
            "assignments[0].id: 1 -> -"
        ]
    );
    assert_eq!(entries.len(), 2, "another order of the same is no change: {entries:?}");
}

pub(crate) async fn a_touch_leaves_no_entry(store: Store) {
    let company = company(&store);
    let first = Visit::new(1);
    insert(&company, [first.clone()]).await;
    let second = first.changed(|_| ());
    update(&company, &first, &second).await.unwrap();
    assert_eq!(company.get::<Visit>(first.id).await.unwrap(), Some(second));
    assert_eq!(entries(&company, &first).await.len(), 1);
}

pub(crate) async fn history_is_in_the_order_of_versions(store: Store) {
    let company = company(&store);
    let mut visit = Visit::new(1);
    insert(&company, [visit.clone(), Visit::new(2)]).await;
    for n in 0..12 {
        let after = visit.changed(|visit| visit.rank = Some(n));
        let mut transaction = transaction(&company);
        transaction.update(&visit, &after);
        transaction.commit().await.unwrap();
        visit = after;
    }
    let newest = company.find::<HistoryEntry>(&Query::by("version").descending().eq("entity_id", visit.id).page(5, None)).await.unwrap();
    assert_eq!(newest.items.iter().map(|entry| entry.version).collect::<Vec<_>>(), [13, 12, 11, 10, 9]);
    assert!(newest.more);
}
