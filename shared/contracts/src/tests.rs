//! What must hold of the contracts and of what turns values into them.

use std::{collections::BTreeMap, time::Duration};

use kernel::{Currency, Decimal, Error, Money, Timestamp, Violation};
use proptest::prelude::*;

use crate::{
    Batch, error, methods, read,
    write::{self},
};

fn every_kind_of_error() -> Vec<Error> {
    vec![
        Error::unauthenticated("TOKEN_EXPIRED", "the access token has expired"),
        Error::PermissionDenied("this needs the role ADMIN".into()),
        Error::NotFound { resource: "customer".into(), id: "7".into(), field: "customer_id".into() },
        Error::Invalid(vec![
            Violation::new("name", "TOO_LONG", "must have at most 200 characters"),
            Violation::new("phone", "REQUIRED", "must be given"),
        ]),
        Error::Conflict { resource: "order".into(), id: "8".into(), current_version: 12 },
        Error::FailedPrecondition {
            reason: "EMPLOYEE_BUSY".into(),
            field: "employee_id".into(),
            message: "Anna is at another order".into(),
            details: BTreeMap::from([("order_id".into(), "9".into()), ("field".into(), "x".into())]),
        },
        Error::ResourceExhausted { retry_after: Duration::from_millis(1_500) },
        Error::Unavailable("the store".into()),
    ]
}

#[test]
fn every_error_survives_the_wire_with_its_details() {
    for original in every_kind_of_error() {
        let over_status = error::from_status(&error::to_status(&original));
        assert_eq!(format!("{original:?}"), format!("{over_status:?}"));
        let over_batch = error::from_rpc_status(&error::to_rpc_status(&original));
        assert_eq!(format!("{original:?}"), format!("{over_batch:?}"));
    }
}

#[test]
fn an_internal_cause_never_leaves() {
    let secret = Error::internal("password of the database");
    assert!(!format!("{:?}", error::to_status(&secret)).contains("password"));
    let rpc = error::to_rpc_status(&secret);
    assert_eq!((rpc.code, rpc.message.as_str()), (tonic::Code::Internal as i32, "internal error"));
}

#[test]
fn a_status_of_foreign_making_keeps_its_kind_and_tells_no_host() {
    let unreachable = tonic::Status::unavailable("tcp connect error: 10.0.0.7:50053");
    assert!(matches!(error::from_status(&unreachable), Error::Unavailable(part) if part == "a service"));
    assert!(matches!(error::from_status(&tonic::Status::deadline_exceeded("")), Error::Unavailable(_)));
    assert!(matches!(error::from_status(&tonic::Status::invalid_argument("bad")), Error::Invalid(_)));
}

#[test]
fn the_contracts_say_which_methods_are_public_idempotent_and_batches() {
    let method = |name: &str| methods().iter().find(|m| m.name == name).unwrap();
    assert!(method("SignIn").public && !method("SignIn").no_side_effects);
    assert!(!method("ListOrders").public && method("ListOrders").no_side_effects);
    assert_eq!(method("BatchGetOrders").batch, Some(Batch::ById));
    assert_eq!(method("BatchListOrders").batch, Some(Batch::Pages));
    assert_eq!(method("CreateOrder").path, "/crm.order.v1.OrderService/CreateOrder");
}

#[test]
fn every_method_that_reads_is_marked_free_of_side_effects_and_every_list_has_a_batch() {
    for method in methods() {
        let reads = ["Get", "BatchGet", "List", "BatchList", "Search"].iter().any(|verb| method.name.starts_with(verb));
        assert_eq!(method.no_side_effects, reads, "{}", method.path);
        assert_eq!(method.batch.is_some(), method.name.starts_with("Batch"), "{}", method.path);
        if let Some(things) = method.name.strip_prefix("List") {
            assert!(methods().iter().any(|m| m.service == method.service && m.name == format!("BatchList{things}")), "{}", method.path);
        }
    }
}

#[test]
fn unknown_mask_paths_and_enumeration_values_are_refused_with_what_is_allowed() {
    let mask = |paths: &[&str]| prost_types::FieldMask { paths: paths.iter().map(ToString::to_string).collect() };
    assert!(read::update_mask(Some(&mask(&["name"])), &["name", "phone"]).is_ok());
    for wrong in [None, Some(mask(&[])), Some(mask(&["name", "id"])), Some(mask(&["*"]))] {
        let text = read::update_mask(wrong.as_ref(), &["name", "phone"]).unwrap_err().to_string();
        assert!(text.contains("update_mask") && text.contains("name, phone"), "{text}");
    }
    assert!(read::role("role", 4).unwrap_err().to_string().contains("1 to 3"));
    assert!(read::role("role", 0).is_err());
}

#[test]
fn decimals_are_plain_numbers() {
    for (text, value) in [("0", "0"), ("12.50", "12.5"), ("-3", "-3"), ("0.000001", "0.000001")] {
        assert_eq!(write::decimal(read::decimal("hours", text).unwrap()), value);
    }
    for wrong in ["", ".", "1.", ".5", "1e3", "1_000", "+1", " 1", "1,5", "NaN", "--1", "1.2.3", "123456789012345678901"] {
        assert!(read::decimal("hours", wrong).is_err(), "{wrong:?}");
    }
}

#[test]
fn money_of_mixed_signs_or_below_zero_is_refused() {
    let message = |units, nanos| crate::google::r#type::Money { currency_code: "EUR".into(), units, nanos };
    assert_eq!(read::money("price", Some(&message(1, 500_000_000))).unwrap().to_string(), "1.50 EUR");
    for wrong in [message(-1, 0), message(1, -1), message(0, 1), message(0, 2_000_000_000), message(i64::MAX, 0)] {
        assert!(read::money("price", Some(&wrong)).is_err(), "{wrong:?}");
    }
}

proptest! {
    #[test]
    fn money_survives_the_wire(cents in 0_i64..100_000_000_000) {
        let money = Money::parse("m", Decimal::new(cents, 2), Currency::EUR).unwrap();
        prop_assert_eq!(read::money("m", Some(&write::money(money))).unwrap(), money);
    }

    #[test]
    fn moments_survive_the_wire(micros in 0_i64..253_402_300_799_000_000) {
        let at = Timestamp::from_micros(micros).unwrap();
        prop_assert_eq!(read::timestamp("t", Some(&write::timestamp(at))).unwrap(), at);
    }

    #[test]
    fn no_moment_makes_reading_panic(seconds in any::<i64>(), nanos in any::<i32>()) {
        let _ = read::timestamp("t", Some(&prost_types::Timestamp { seconds, nanos }));
    }
}
