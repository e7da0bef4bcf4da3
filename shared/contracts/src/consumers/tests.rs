//! What must hold of the table of consumers.

use std::{collections::BTreeSet, fs, path::Path};

use super::*;
use crate::method::descriptors;

/// The domain in `crm.order.v1.OrderCreated`.
fn domain(kind: &str) -> &str {
    kind.split('.').nth(1).unwrap_or_default()
}

#[test]
fn every_kind_is_an_event_of_the_contracts() {
    for consumer in ALL {
        for kind in consumer.kinds {
            let message = descriptors().get_message_by_name(kind).unwrap_or_else(|| panic!("{}: {kind} is no message", consumer.name));
            assert!(message.parent_file().name().ends_with("/events.proto"), "{}: {kind} is no event", consumer.name);
        }
        let distinct: BTreeSet<_> = consumer.kinds.iter().collect();
        assert_eq!(distinct.len(), consumer.kinds.len(), "{}: each kind once", consumer.name);
    }
}

#[test]
fn a_consumer_is_named_after_its_service_and_what_it_follows() {
    let services: BTreeSet<_> = crate::methods().iter().map(|method| domain(&method.service)).collect();
    let names: BTreeSet<_> = ALL.iter().map(|consumer| consumer.name).collect();
    assert_eq!(names.len(), ALL.len(), "each name once");
    for Consumer { name, kinds } in ALL {
        let service = name.split('.').next().unwrap_or_default();
        assert!(services.contains(service), "{name}");
        assert!(kinds.iter().all(|kind| domain(kind) != service), "{name}: a service does not react to its own events");
    }
}

#[test]
fn the_table_of_the_architecture_names_who_reacts_to_whom() {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../ARCHITECTURE.md")).unwrap();
    let (_, table) = text.split_once("Who reacts to whom").expect("the table");
    let told: BTreeSet<_> = table
        .lines()
        .skip_while(|line| !line.starts_with("|---"))
        .skip(1)
        .take_while(|line| line.starts_with('|'))
        .map(|line| {
            let cells: Vec<_> = line.split('|').map(str::trim).collect();
            (cells[1].to_owned(), cells[2].to_owned())
        })
        .collect();
    let known: BTreeSet<_> = ALL
        .iter()
        .flat_map(|Consumer { name, kinds }| kinds.iter().map(move |kind| (domain(kind).to_owned(), format!("`{name}`"))))
        .collect();
    assert_eq!(told, known, "ARCHITECTURE.md, as event of and consumer");
}
