//! What each method does, what others are told, what history keeps.

use contracts::crm::{
    api::v1::{HistoryAction, HistoryEntry, HistoryQuery, history_result},
    customer::v1,
};
use futures::future::join_all;
use kernel::Envelope;
use prost::{Message as _, Name as _};

use crate::office::{Office, organisation, person, property, seen};

fn update(customer: v1::Customer, paths: &[&str]) -> v1::UpdateCustomerRequest {
    let paths = paths.iter().map(|path| (*path).to_owned()).collect();
    v1::UpdateCustomerRequest { customer: Some(customer), update_mask: Some(prost_types::FieldMask { paths }) }
}

fn kinds(events: &[Envelope]) -> Vec<(&str, u64)> {
    events.iter().map(|event| (event.kind.trim_start_matches("crm.customer.v1."), event.version)).collect()
}

async fn history(office: &Office, id: &str) -> Vec<HistoryEntry> {
    let queries = vec![HistoryQuery { entity_id: id.into(), ..HistoryQuery::default() }];
    let request = v1::BatchListCustomerHistoryRequest { queries };
    let mut results = office.manager().batch_list_customer_history(request).await.unwrap().into_inner().results;
    match results.remove(0).result.unwrap() {
        history_result::Result::Page(page) => page.entries,
        history_result::Result::Error(status) => panic!("{status:?}"),
    }
}

/// The changes of an entry, each as `field: from -> to`.
fn changes(entry: &HistoryEntry) -> Vec<String> {
    let text = |value: &Option<String>| value.clone().unwrap_or_else(|| "nothing".into());
    entry.changes.iter().map(|change| format!("{}: {} -> {}", change.field, text(&change.from), text(&change.to))).collect()
}

#[tokio::test]
async fn what_was_created_is_read_back_whole_and_in_one_spelling() {
    let office = Office::open().await;
    let mut request = organisation("  SIA Tīrs  ");
    request.phone = "20 000 001".into();
    request.email = "Birojs@Tirs.LV".into();
    request.properties[0].label = "Office".into();
    request.properties[0].area_m2 = "120.50".into();
    request.properties[0].access_notes = "Code 12\r\nThen left".into();
    request.contacts =
        vec![v1::Contact { name: "Олег".into(), position: "Caretaker".into(), phone: "+37120000002".into(), ..Default::default() }];
    let it = office.created(request).await;

    assert_eq!((it.version, it.name.as_str(), it.phone.as_str(), it.email.as_str()), (1, "SIA Tīrs", "+37120000001", "birojs@tirs.lv"));
    assert_eq!(
        (it.status(), it.r#type(), it.order_count, it.last_service_at),
        (v1::CustomerStatus::Active, v1::CustomerType::Organisation, 0, None)
    );
    assert_eq!((it.properties[0].area_m2.as_str(), it.properties[0].access_notes.as_str()), ("120.5", "Code 12\nThen left"));
    assert_eq!((it.contacts[0].name.as_str(), it.contacts[0].email.as_str()), ("Олег", ""));
    assert!(!it.properties[0].id.is_empty() && !it.contacts[0].id.is_empty());
    assert_eq!(it.created_at, it.updated_at);
    assert_eq!(office.read(&it.id).await, it);
}

#[tokio::test]
async fn the_life_of_a_customer_is_told_in_events_that_carry_state_and_version() {
    let office = Office::open().await;
    let (mut client, mut admin) = (office.manager(), office.admin());
    let it = office.customer("Anna").await;
    office.later();
    let it = client
        .update_customer(update(v1::Customer { name: "Anna Liepa".into(), ..it }, &["name"]))
        .await
        .unwrap()
        .into_inner()
        .customer
        .unwrap();
    let added = v1::AddPropertyRequest { customer_id: it.id.clone(), version: it.version, property: Some(property("Elizabetes iela 2")) };
    let added = client.add_property(added).await.unwrap().into_inner();
    let it = added.customer.unwrap();
    assert_eq!(it.properties[1].id, added.property_id);
    let changed = v1::Property { label: "Home".into(), ..it.properties[1].clone() };
    let changed = v1::UpdatePropertyRequest { customer_id: it.id.clone(), version: it.version, property: Some(changed) };
    let it = client.update_property(changed).await.unwrap().into_inner().customer.unwrap();
    let removed = v1::RemovePropertyRequest { customer_id: it.id.clone(), version: it.version, property_id: it.properties[0].id.clone() };
    let it = client.remove_property(removed).await.unwrap().into_inner().customer.unwrap();
    assert_eq!(it.properties.len(), 1);
    let it = client
        .archive_customer(v1::ArchiveCustomerRequest { id: it.id, version: it.version })
        .await
        .unwrap()
        .into_inner()
        .customer
        .unwrap();
    let it = client
        .restore_customer(v1::RestoreCustomerRequest { id: it.id, version: it.version })
        .await
        .unwrap()
        .into_inner()
        .customer
        .unwrap();
    let it = client
        .archive_customer(v1::ArchiveCustomerRequest { id: it.id, version: it.version })
        .await
        .unwrap()
        .into_inner()
        .customer
        .unwrap();
    admin.delete_customer(v1::DeleteCustomerRequest { id: it.id.clone(), version: it.version }).await.unwrap();
    assert_eq!(seen(client.get_customer(v1::GetCustomerRequest { id: it.id.clone() }).await), "not found: customer id");

    let events = office.bed.published().await;
    assert_eq!(
        kinds(&events),
        [
            ("CustomerCreated", 1),
            ("CustomerUpdated", 2),
            ("CustomerUpdated", 3),
            ("CustomerUpdated", 4),
            ("CustomerUpdated", 5),
            ("CustomerArchived", 6),
            ("CustomerRestored", 7),
            ("CustomerArchived", 8),
            ("CustomerDeleted", 9),
        ]
    );
    for event in &events {
        assert_eq!((event.subject.to_string(), event.company, event.source.as_str()), (it.id.clone(), office.bed.company, "customer"));
    }
    let archived = v1::CustomerArchived::decode(events[7].data.as_slice()).unwrap().customer.unwrap();
    assert_eq!(archived, it);
    let deleted = v1::CustomerDeleted::decode(events[8].data.as_slice()).unwrap();
    assert_eq!(deleted.customer_id, it.id);
}

#[tokio::test]
async fn notes_stay_in_the_office() {
    let office = Office::open().await;
    let mut client = office.manager();
    let it = office.customer("Anna").await;
    let now = office.later();
    let added = client.add_customer_note(v1::AddCustomerNoteRequest { customer_id: it.id.clone(), text: "Has a dog".into() }).await;
    let added = added.unwrap().into_inner();
    let noted = added.customer.unwrap();
    assert_eq!((noted.version, noted.notes.len(), noted.notes[0].id.as_str()), (2, 1, added.note_id.as_str()));
    assert_eq!(noted.notes[0].created_at, Some(contracts::write::timestamp(now)));
    assert_eq!(noted.notes[0].author, Some(contracts::write::actor(&office.principal().actor)));

    client.update_customer(update(v1::Customer { name: "Anna Liepa".into(), ..noted.clone() }, &["name"])).await.unwrap();
    let events = office.bed.published().await;
    assert_eq!(kinds(&events), [("CustomerCreated", 1), ("CustomerUpdated", 3)]);
    let told = v1::CustomerUpdated::decode(events[1].data.as_slice()).unwrap().customer.unwrap();
    assert!(told.notes.is_empty() && told.name == "Anna Liepa");

    let removed = v1::RemoveCustomerNoteRequest { customer_id: it.id.clone(), note_id: added.note_id };
    let it = client.remove_customer_note(removed).await.unwrap().into_inner().customer.unwrap();
    assert!(it.notes.is_empty());
    assert_eq!(office.bed.published().await.len(), 2);
}

#[tokio::test]
async fn notes_written_at_the_same_time_are_all_kept() {
    let office = Office::open().await;
    let it = office.customer("Anna").await;
    let notes = (0..4).map(|number| {
        let mut client = office.manager();
        let note = v1::AddCustomerNoteRequest { customer_id: it.id.clone(), text: format!("note {number}") };
        async move { client.add_customer_note(note).await }
    });
    for outcome in join_all(notes).await {
        outcome.unwrap();
    }
    let mut texts: Vec<String> = office.read(&it.id).await.notes.into_iter().map(|note| note.text).collect();
    texts.sort();
    assert_eq!(texts, ["note 0", "note 1", "note 2", "note 3"]);
}

#[tokio::test]
async fn of_two_edits_of_the_same_version_one_is_done_and_the_other_hears_of_it() {
    let office = Office::open().await;
    let it = office.customer("Anna").await;
    let edits = ["Anna Liepa", "Anna Ozola"].map(|name| {
        let mut client = office.manager();
        let edit = update(v1::Customer { name: name.into(), ..it.clone() }, &["name"]);
        async move { seen(client.update_customer(edit).await) }
    });
    let mut outcomes = join_all(edits).await;
    outcomes.sort();
    assert_eq!(outcomes, ["conflict: customer 2", "ok"]);
    assert_eq!(office.read(&it.id).await.version, 2);
    assert_eq!(kinds(&office.bed.published().await), [("CustomerCreated", 1), ("CustomerUpdated", 2)]);
}

#[tokio::test]
async fn an_edit_that_changes_nothing_makes_no_version_no_event_and_no_history() {
    let office = Office::open().await;
    let mut client = office.manager();
    let it = office.customer("Anna").await;
    office.later();
    let same = update(
        v1::Customer { phone: "+371 20000001".into(), ..it.clone() },
        &["name", "type", "phone", "email", "contacts", "registration_number"],
    );
    assert_eq!(client.update_customer(same).await.unwrap().into_inner().customer.unwrap(), it);
    let same = v1::UpdatePropertyRequest { customer_id: it.id.clone(), version: it.version, property: Some(it.properties[0].clone()) };
    assert_eq!(client.update_property(same).await.unwrap().into_inner().customer.unwrap(), it);
    assert_eq!(office.bed.published().await.len(), 1);
    assert_eq!(history(&office, &it.id).await.len(), 1);
}

#[tokio::test]
async fn history_tells_what_changed_from_what_to_what_by_whom_and_when_and_stays_after_a_deletion() {
    let office = Office::open().await;
    let mut client = office.manager();
    let it = office.created(v1::CreateCustomerRequest { email: "anna@example.com".into(), ..person("Anna") }).await;
    let at = office.later();
    let edit = update(v1::Customer { name: "Anna Liepa".into(), email: String::new(), ..it }, &["name", "email"]);
    let it = client.update_customer(edit).await.unwrap().into_inner().customer.unwrap();
    let mut moved = it.properties[0].clone();
    moved.address.as_mut().unwrap().city = "Liepāja".into();
    let moved = v1::UpdatePropertyRequest { customer_id: it.id.clone(), version: it.version, property: Some(moved) };
    let it = client.update_property(moved).await.unwrap().into_inner().customer.unwrap();
    let it = client
        .archive_customer(v1::ArchiveCustomerRequest { id: it.id, version: it.version })
        .await
        .unwrap()
        .into_inner()
        .customer
        .unwrap();
    office.admin().delete_customer(v1::DeleteCustomerRequest { id: it.id.clone(), version: it.version }).await.unwrap();

    let entries = history(&office, &it.id).await;
    let told: Vec<(HistoryAction, u64)> = entries.iter().map(|entry| (entry.action(), entry.version)).collect();
    let (created, updated, deleted) = (HistoryAction::Created, HistoryAction::Updated, HistoryAction::Deleted);
    assert_eq!(told, [(deleted, 5), (updated, 4), (updated, 3), (updated, 2), (created, 1)], "the newest first");
    assert_eq!(changes(&entries[1]), ["status: ACTIVE -> ARCHIVED"]);
    assert_eq!(changes(&entries[2]), ["properties[0].address.city: Rīga -> Liepāja"]);
    assert_eq!(changes(&entries[3]), ["email: anna@example.com -> nothing", "name: Anna -> Anna Liepa"]);
    assert!(changes(&entries[4]).contains(&"type: nothing -> PERSON".to_owned()));
    let all = entries.iter().flat_map(changes).collect::<Vec<_>>().join("\n");
    assert!(!all.contains("terms") && !all.contains("sort_name") && !all.contains("_at"), "nothing derived: {all}");
    assert_eq!(entries[3].occurred_at, Some(contracts::write::timestamp(at)));
    assert_eq!(entries[3].actor, Some(contracts::write::actor(&office.principal().actor)));
}

#[tokio::test]
async fn the_use_cases_are_there_for_callers_in_the_same_process_at_any_time() {
    let office = Office::open().await;
    let earlier = kernel::Timestamp::from_micros(1_700_000_000_000_000).unwrap();
    let then = office.bed.env.with_clock(std::sync::Arc::new(kernel::env::FixedClock::new(earlier)));
    let input = customer::domain::CustomerInput {
        kind: customer::domain::CustomerType::Person,
        name: "Anna".into(),
        registration_number: String::new(),
        phone: "+37120000001".into(),
        email: String::new(),
        properties: vec![],
        contacts: vec![],
    };
    let made = office.application.with_env(then).create_customer(&office.principal(), &input).await.unwrap();
    assert_eq!(made.customer.created_at, earlier);
    assert_eq!(office.read(&made.customer.id.to_string()).await.created_at, Some(contracts::write::timestamp(earlier)));
    assert_eq!(office.bed.published().await[0].kind, v1::CustomerCreated::full_name());
}
