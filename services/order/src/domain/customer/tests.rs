//! Which customers orders are taken from, and where their work is.

use super::*;
use crate::domain::examples::{customer, property, property_id, told};

fn by_hand() -> Address {
    Address { street: "Elizabetes iela 2".into(), city: "Rīga".into(), postal_code: "LV-1010".into(), country_code: "LV".into() }
}

#[test]
fn orders_are_taken_from_active_customers_alone() {
    assert!(customer(1, CustomerStatus::Active, &[1]).takes_orders().is_ok());
    let refused = |status| told(&customer(1, status, &[1]).takes_orders().unwrap_err());
    assert_eq!(refused(CustomerStatus::Archived), ("CUSTOMER_ARCHIVED".into(), "customer_id".into()));
    assert_eq!(refused(CustomerStatus::Deleted), ("customer not found".into(), "customer_id".into()));
}

#[test]
fn the_property_asked_for_is_taken_with_its_address_and_notes() {
    let place = customer(1, CustomerStatus::Active, &[1, 2]).place(Some(property_id(2)), None).unwrap();
    assert_eq!(place, Place { property_id: Some(property_id(2)), address: property(2).address, access_notes: property(2).access_notes });
}

#[test]
fn another_customers_property_is_not_found() {
    let error = customer(1, CustomerStatus::Active, &[1]).place(Some(property_id(9)), None).unwrap_err();
    assert_eq!(told(&error), ("property not found".into(), "property_id".into()));
}

#[test]
fn an_address_by_hand_belongs_to_no_property() {
    let place = customer(1, CustomerStatus::Active, &[1]).place(None, Some(by_hand())).unwrap();
    assert_eq!(place, Place { property_id: None, address: by_hand(), access_notes: String::new() });
}

#[test]
fn the_only_property_goes_without_saying_but_none_of_several() {
    let place = |properties: &[u128]| customer(1, CustomerStatus::Active, properties).place(None, None);
    assert_eq!(place(&[5]).unwrap().property_id, Some(property_id(5)));
    for properties in [&[][..], &[1, 2]] {
        assert_eq!(told(&place(properties).unwrap_err()), ("REQUIRED".into(), "property_id".into()));
    }
}

#[test]
fn an_order_has_one_place() {
    let error = customer(1, CustomerStatus::Active, &[1]).place(Some(property_id(1)), Some(by_hand())).unwrap_err();
    assert_eq!(told(&error), ("AMBIGUOUS".into(), "address".into()));
}
