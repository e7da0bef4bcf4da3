//! History: what changed, from what, to what, by whom.

use contracts::crm::{
    api::v1::{HistoryAction, HistoryEntry, HistoryPage, HistoryQuery, history_result},
    employee::v1::{AddTimeOffRequest, BatchListEmployeeHistoryRequest, DeactivateEmployeeRequest, Employee},
};
use contracts::google::r#type::Money;
use prost_types::Timestamp;

use crate::harness::{World, updated};

async fn history(world: &World, query: HistoryQuery) -> HistoryPage {
    let request = BatchListEmployeeHistoryRequest { queries: vec![query] };
    let answer = world.manager().batch_list_employee_history(request).await.unwrap().into_inner();
    match answer.results.into_iter().next().unwrap().result.unwrap() {
        history_result::Result::Page(page) => page,
        history_result::Result::Error(status) => panic!("{status:?}"),
    }
}

fn query(employee: &Employee) -> HistoryQuery {
    HistoryQuery { entity_id: employee.id.clone(), page_size: None, page_token: String::new() }
}

fn changes(entry: &HistoryEntry) -> Vec<(&str, Option<&str>, Option<&str>)> {
    entry.changes.iter().map(|change| (change.field.as_str(), change.from.as_deref(), change.to.as_deref())).collect()
}

#[tokio::test]
async fn every_change_is_told_field_by_field_the_newest_first() {
    let world = World::new().await;
    let anna = world.hire("Anna", "Ozola", "anna@example.com").await;
    let rate = Some(Money { currency_code: "EUR".into(), units: 12, nanos: 500_000_000 });
    let wanted = Employee { last_name: "Liepa".into(), hourly_rate: rate, ..anna.clone() };
    updated(&mut world.manager(), wanted, &["last_name", "hourly_rate"]).await;
    let at = |seconds| Some(Timestamp { seconds, nanos: 0 });
    let time_off = AddTimeOffRequest {
        employee_id: anna.id.clone(),
        starts_at: at(1_800_000_000),
        ends_at: at(1_800_086_400),
        reason: "sick".into(),
        version: 2,
    };
    let id = world.manager().add_time_off(time_off).await.unwrap().into_inner().time_off_id;
    world.admin().deactivate_employee(DeactivateEmployeeRequest { id: anna.id.clone(), version: 3 }).await.unwrap();

    let page = history(&world, query(&anna)).await;
    let versions: Vec<u64> = page.entries.iter().map(|entry| entry.version).collect();
    assert_eq!(versions, [4, 3, 2, 1]);
    assert_eq!(changes(&page.entries[0]), [("login.status", Some("PENDING"), Some("NONE")), ("status", Some("ACTIVE"), Some("INACTIVE"))]);
    assert_eq!(
        changes(&page.entries[1]),
        [
            ("time_off[0].ends_at", None, Some("2027-01-16T08:00:00Z")),
            ("time_off[0].id", None, Some(id.as_str())),
            ("time_off[0].reason", None, Some("sick")),
            ("time_off[0].starts_at", None, Some("2027-01-15T08:00:00Z")),
        ]
    );
    assert_eq!(
        changes(&page.entries[2]),
        [
            ("hourly_rate.amount", None, Some("12.50")),
            ("hourly_rate.currency", None, Some("EUR")),
            ("last_name", Some("Ozola"), Some("Liepa")),
        ]
    );
    assert_eq!(
        changes(&page.entries[3]),
        [
            ("email", None, Some("anna@example.com")),
            ("first_name", None, Some("Anna")),
            ("last_name", None, Some("Ozola")),
            ("login.status", None, Some("PENDING")),
            ("phone", None, Some("+37120012345")),
            ("status", None, Some("ACTIVE")),
        ]
    );
    assert_eq!(page.entries[3].action(), HistoryAction::Created);
    for entry in &page.entries {
        assert_eq!(entry.entity_id, anna.id);
        let actor = entry.actor.as_ref().unwrap();
        assert!(!actor.account_id.is_empty() && actor.service.is_empty());
    }
}

#[tokio::test]
async fn history_comes_in_pages() {
    let world = World::new().await;
    let mut anna = world.hire("Anna", "Ozola", "").await;
    for n in 0..4 {
        anna.first_name = format!("Anna {n}");
        anna = updated(&mut world.manager(), anna, &["first_name"]).await;
    }
    let mut versions = Vec::new();
    let mut query = HistoryQuery { page_size: Some(2), ..query(&anna) };
    loop {
        let page = history(&world, query.clone()).await;
        versions.extend(page.entries.iter().map(|entry| entry.version));
        if page.next_page_token.is_empty() {
            break;
        }
        query.page_token = page.next_page_token;
    }
    assert_eq!(versions, [5, 4, 3, 2, 1]);
}
