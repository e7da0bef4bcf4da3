use std::time::Duration;

use super::{Part, Topology};
use crate::bus::{RetryPolicy, Subscription};

#[test]
fn each_wait_of_a_policy_has_one_queue_and_the_bindings_come_last() {
    let retry = RetryPolicy { max_attempts: 6, first_delay: Duration::from_millis(200), max_delay: Duration::from_secs(1) };
    let topology = Topology::new("crm", &[]);
    let parts = topology.parts(&Subscription { consumer: "order.customers", kinds: &["Happened", "Ended"], retry });
    let names: Vec<String> = parts
        .iter()
        .map(|part| match part {
            Part::Exchange => "the exchange".to_owned(),
            Part::Queue { name, .. } => name.to_string(),
            Part::Binding { kind, .. } => (*kind).to_owned(),
        })
        .collect();
    let queues =
        [".dead", ".retry.200", ".retry.400", ".retry.800", ".retry.1000", ""].map(|suffix| format!("crm.order.customers{suffix}"));
    assert_eq!(names[..6], queues);
    assert_eq!(names[6..], ["Happened", "Ended"]);
    assert!((1..6).all(|failures| names.contains(&topology.retry("order.customers", retry.delay(failures)).to_string())));
}

#[test]
fn a_consumer_is_known_by_its_latest_subscription() {
    let topology = Topology::new("crm", &[Subscription::new("a", &["Happened"])]);
    let other = Subscription::new("a", &["Ended"]);
    assert!(!topology.knows(&other));
    topology.add(&other);
    assert!(topology.knows(&other) && topology.consumes("Ended") && !topology.consumes("Happened"));
    assert_eq!(topology.consumers().len(), 1);
}

#[test]
fn a_name_that_amqp_can_not_carry_does_not_fit() {
    let topology = Topology::new("crm", &[]);
    assert!(topology.fits("order.customers"));
    assert!(!topology.fits(&"a".repeat(250)));
}
