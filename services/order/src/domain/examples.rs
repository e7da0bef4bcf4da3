//! Things to test the rules with.

use kernel::{AccountId, Actor, Address, Currency, CustomerId, Decimal, EmployeeId, Error, Id, Money, PropertyId, Timestamp};
use uuid::Uuid;

use super::{
    Base, CrewSize, CustomerCopy, CustomerFacts, CustomerStatus, EmployeeCopy, EmployeeFacts, FactCopy, NewOrder, Order, Period,
    PriceTerms, PropertyFacts, ServiceType,
};

pub(crate) fn id<K>(n: u128) -> Id<K> {
    Id::from_uuid(Uuid::from_u128(n))
}

/// The moment `hours` after the examples' midnight.
pub(crate) fn hour(hours: i64) -> Timestamp {
    Timestamp::from_micros((20_000 * 24 + hours) * 3_600_000_000).unwrap()
}

pub(crate) fn hours(from: i64, until: i64) -> Period {
    Period::of_order(hour(from), hour(until)).unwrap()
}

pub(crate) fn euros(text: &str) -> Money {
    Money::parse("money", text.parse().unwrap(), Currency::EUR).unwrap()
}

pub(crate) fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

pub(crate) fn somebody() -> Actor {
    Actor::Account { account: AccountId::from_uuid(Uuid::from_u128(7)), employee: None }
}

pub(crate) fn property(n: u128) -> PropertyFacts {
    let address =
        Address { street: format!("Brīvības iela {n}"), city: "Rīga".into(), postal_code: String::new(), country_code: "LV".into() };
    PropertyFacts { id: id(n), address, access_notes: format!("code {n}") }
}

pub(crate) fn customer(n: u128, status: CustomerStatus, properties: &[u128]) -> CustomerCopy {
    let facts = CustomerFacts {
        status,
        name: format!("Customer {n}"),
        phone: "+37120000001".into(),
        properties: properties.iter().map(|n| property(*n)).collect(),
    };
    FactCopy::first(Uuid::from_u128(n), 1, hour(0), facts)
}

pub(crate) fn employee(n: u128) -> EmployeeCopy {
    employee_with(n, true, &[])
}

pub(crate) fn employee_with(n: u128, active: bool, time_off: &[Period]) -> EmployeeCopy {
    let facts = EmployeeFacts { name: format!("Employee {n}"), active, time_off: time_off.to_vec() };
    FactCopy::first(Uuid::from_u128(n), 1, hour(0), facts)
}

pub(crate) fn new_order(period: Period, crew_size: i32) -> NewOrder {
    NewOrder {
        service_type: ServiceType::ServiceCleaning,
        period,
        crew_size: CrewSize::new(crew_size).unwrap(),
        price_terms: PriceTerms::new(Base::Fixed { price: euros("100") }, vec![], None).unwrap(),
        client_comments: String::new(),
        checklist: vec!["windows".into(), "floors".into()],
    }
}

/// An order of customer 1, at property 1.
pub(crate) fn order(n: u128, period: Period, crew_size: i32) -> Order {
    order_of(&customer(1, CustomerStatus::Active, &[1]), n, new_order(period, crew_size)).unwrap()
}

pub(crate) fn order_of(customer: &CustomerCopy, n: u128, new: NewOrder) -> Result<Order, Error> {
    let place = customer.place(None, None)?;
    let mut item = 0;
    let items = || {
        item += 1;
        id(item)
    };
    Order::take(id(n), customer, place, new, items, hour(0)).map(|(order, _)| order)
}

/// What an error says: its kind or reason, and the fields it names.
pub(crate) fn told(error: &Error) -> (String, String) {
    match error {
        Error::Invalid(violations) => {
            let codes: Vec<_> = violations.iter().map(|v| v.code.to_string()).collect();
            let fields: Vec<_> = violations.iter().map(|v| v.field.clone()).collect();
            (codes.join(" "), fields.join(" "))
        }
        Error::FailedPrecondition { reason, field, .. } => (reason.to_string(), field.to_string()),
        Error::NotFound { resource, field, .. } => (format!("{resource} not found"), field.to_string()),
        other => (other.to_string(), String::new()),
    }
}

pub(crate) fn customer_id(n: u128) -> CustomerId {
    id(n)
}

pub(crate) fn employee_id(n: u128) -> EmployeeId {
    id(n)
}

pub(crate) fn property_id(n: u128) -> PropertyId {
    id(n)
}
