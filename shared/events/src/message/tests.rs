use std::sync::Arc;

use kernel::{CompanyId, Env, Principal, Timestamp, env::FixedClock};
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::{propagation::TraceContextPropagator, trace::SdkTracerProvider};
use proptest::prelude::*;
use tracing_subscriber::layer::SubscriberExt as _;
use uuid::Uuid;

use super::{decode, envelope, newer};
use crate::HandleError;

#[derive(Clone, PartialEq, prost::Message)]
struct Renamed {
    #[prost(string, tag = "1")]
    name: String,
}

impl prost::Name for Renamed {
    const NAME: &'static str = "Renamed";
    const PACKAGE: &'static str = "crm.test.v1";
}

#[derive(Clone, PartialEq, prost::Message)]
struct Removed {}

impl prost::Name for Removed {
    const NAME: &'static str = "Removed";
    const PACKAGE: &'static str = "crm.test.v1";
}

fn principal() -> Principal {
    Principal::service(CompanyId::from_uuid(Uuid::from_u128(7)), "test")
}

#[test]
fn an_envelope_carries_what_happened_to_what_when_and_by_whom() {
    let at = Timestamp::parse("at", "2026-03-01T09:30:00Z").unwrap();
    let env = Env::system().with_clock(Arc::new(FixedClock::new(at)));
    let event = envelope(&env, &principal(), "customer", Uuid::from_u128(1), 3, &Renamed { name: "Anna".to_owned() });
    assert_eq!(
        (event.kind.as_str(), event.source.as_str(), event.subject, event.version),
        ("crm.test.v1.Renamed", "customer", Uuid::from_u128(1), 3)
    );
    assert_eq!((event.company, event.actor.clone(), event.time), (principal().company, principal().actor, at));
    assert_eq!(event.traceparent, None, "nothing is traced here");
    assert_eq!(decode::<Renamed>(&event).unwrap().name, "Anna");
}

#[test]
fn an_envelope_carries_the_trace_of_its_request() {
    opentelemetry::global::set_text_map_propagator(TraceContextPropagator::new());
    let tracer = SdkTracerProvider::builder().build().tracer("test");
    let subscriber = tracing_subscriber::registry().with(tracing_opentelemetry::layer().with_tracer(tracer));
    let event = tracing::subscriber::with_default(subscriber, || {
        tracing::info_span!("request").in_scope(|| envelope(&Env::system(), &principal(), "customer", Uuid::nil(), 1, &Removed {}))
    });
    let traceparent = event.traceparent.expect("the request is traced");
    assert!(traceparent.starts_with("00-") && traceparent.len() == 55, "{traceparent}");
}

#[test]
fn a_message_that_is_not_what_it_should_be_is_poison() {
    let event = envelope(&Env::system(), &principal(), "customer", Uuid::nil(), 1, &Renamed { name: "Anna".to_owned() });
    assert!(matches!(decode::<Removed>(&event), Err(HandleError::Poison(error)) if error.contains("crm.test.v1.Removed")));
    let broken = kernel::Envelope { data: vec![0xff; 5], ..event };
    assert!(matches!(decode::<Renamed>(&broken), Err(HandleError::Poison(_))));
}

#[test]
fn a_message_of_a_newer_publisher_is_understood() {
    let mut event = envelope(&Env::system(), &principal(), "customer", Uuid::nil(), 1, &Renamed { name: "Anna".to_owned() });
    event.data.extend([0x7a, 0x01, 0x2a]); // a field 15 that this version doesn't know
    assert_eq!(decode::<Renamed>(&event).unwrap().name, "Anna");
}

proptest! {
    #[test]
    fn in_any_order_and_with_duplicates_the_highest_version_wins(deliveries in proptest::collection::vec(1_u64..20, 1..60)) {
        let mut copy = None;
        for version in &deliveries {
            if newer(copy, *version) {
                copy = Some(*version);
            }
        }
        prop_assert_eq!(copy, deliveries.iter().copied().max());
    }

    #[test]
    fn nothing_rises_from_the_dead(deliveries in proptest::collection::vec(1_u64..20, 1..60), deleted in 1_u64..20, at in any::<prop::sample::Index>()) {
        // The deletion is the last thing that happened to the aggregate; it is delivered at any place.
        let mut deliveries: Vec<u64> = deliveries.into_iter().filter(|version| *version < deleted).collect();
        deliveries.insert(at.index(deliveries.len() + 1), deleted);
        let mut copy: Option<(u64, bool)> = None;
        for version in deliveries {
            if newer(copy.map(|(version, _)| version), version) {
                copy = Some((version, version != deleted));
            }
        }
        prop_assert_eq!(copy, Some((deleted, false)));
    }
}
