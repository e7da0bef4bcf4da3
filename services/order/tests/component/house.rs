//! The service with a clock that stands still, callers of every role, and events of others as they are needed.

use std::sync::Arc;

use contracts::{
    crm::{
        api::v1::Address,
        customer::v1 as customers,
        employee::v1 as employees,
        order::v1::{self, order_service_client::OrderServiceClient},
    },
    write,
};
use events::{HandleError, Handler};
use kernel::{CustomerId, EmployeeId, Envelope, Error, Id, Principal, Result, Role, Timestamp};
use order::Application;
use runtime::{Service, Transport};
use store::Store;
use testkit::{Bed, answer, bed};
use uuid::Uuid;

/// A client of the service that sends a token.
pub(crate) type Client = OrderServiceClient<bed::Channel>;

/// The service, and the world around it.
pub(crate) struct House {
    pub(crate) bed: Bed,
    pub(crate) application: Application,
    pub(crate) service: Service,
    pub(crate) transport: Transport,
}

/// Who calls.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Who {
    Admin,
    Manager,
    Cleaner(EmployeeId),
}

/// The moment `hours` after the house's midnight.
pub(crate) fn hour(hours: i64) -> Timestamp {
    Timestamp::from_micros((20_500 * 24 + hours) * 3_600_000_000).unwrap()
}

/// The house's clock at first.
pub(crate) fn start() -> Timestamp {
    hour(6)
}

impl House {
    pub(crate) async fn new() -> Self {
        Self::on(Store::sqlite_in_memory(order::COLLECTIONS).await.unwrap())
    }

    /// All houses are of one company.
    pub(crate) fn on(store: Store) -> Self {
        let mut bed = Bed::on(store, start());
        bed.company = id(1);
        let (application, service) = order::build(order::Settings::default(), bed.dependencies()).unwrap();
        let transport = bed.transport(&service);
        Self { bed, application, service, transport }
    }

    pub(crate) fn client(&self, who: Who) -> Client {
        OrderServiceClient::new(self.bed.signed_in(&self.transport, &self.principal(who)))
    }

    pub(crate) fn manager(&self) -> Client {
        self.client(Who::Manager)
    }

    pub(crate) fn principal(&self, who: Who) -> Principal {
        match who {
            Who::Admin => self.bed.person(Role::Admin, None),
            Who::Manager => self.bed.person(Role::Manager, None),
            Who::Cleaner(employee) => self.bed.person(Role::Employee, Some(employee)),
        }
    }

    /// An event of another service, as it is on the bus.
    pub(crate) fn event<M: prost::Name>(&self, subject: Uuid, version: u64, message: &M) -> Envelope {
        self.bed.event("test", subject, version, message)
    }

    /// Delivers an event to whoever listens for its kind, as a bus does: for as long as it takes.
    pub(crate) async fn deliver(&self, event: &Envelope) {
        let handler = self.handler(&event.kind);
        testkit::until("the event is handled", async || match handler.handle(event).await {
            Err(HandleError::Retry(Error::Unavailable(_))) => None,
            outcome => {
                outcome.unwrap();
                Some(())
            }
        })
        .await;
    }

    pub(crate) fn handler(&self, kind: &str) -> Arc<dyn Handler> {
        let listening = self.service.consumers.iter().find(|(subscription, _)| subscription.kinds.contains(&kind));
        listening.map(|(_, handler)| handler.clone()).unwrap_or_else(|| panic!("nobody listens for {kind}"))
    }

    /// An active customer of that number, with as many properties.
    pub(crate) async fn customer(&self, n: u128, properties: u128) -> CustomerId {
        let message = customers::CustomerCreated { customer: Some(customer(n, properties)) };
        self.deliver(&self.event(Uuid::from_u128(n), 1, &message)).await;
        id(n)
    }

    /// An active employee of that number.
    pub(crate) async fn employee(&self, n: u128) -> EmployeeId {
        let message = employees::EmployeeCreated { employee: Some(employee(n)) };
        self.deliver(&self.event(Uuid::from_u128(n), 1, &message)).await;
        id(n)
    }

    /// An order of customer 1, taken by the manager.
    pub(crate) async fn order(&self, from: i64, until: i64) -> v1::Order {
        self.create(create_request(id(1), from, until)).await.unwrap()
    }

    pub(crate) async fn create(&self, request: v1::CreateOrderRequest) -> Result<v1::Order> {
        Ok(answer(self.manager().create_order(request).await)?.order.unwrap())
    }

    pub(crate) async fn get(&self, id: &str) -> v1::Order {
        answer(self.manager().get_order(v1::GetOrderRequest { id: id.into() }).await).unwrap().order.unwrap()
    }

    pub(crate) async fn assign(&self, order: &v1::Order, employee: EmployeeId) -> Result<v1::Order> {
        Ok(answer(self.manager().assign_employee(assign_request(order, employee)).await)?.order.unwrap())
    }

    pub(crate) async fn schedule(&self, order: &v1::Order) -> v1::Order {
        let request = v1::ScheduleOrderRequest { id: order.id.clone(), version: order.version, ..Default::default() };
        answer(self.manager().schedule_order(request).await).unwrap().order.unwrap()
    }
}

pub(crate) fn create_request(customer: CustomerId, from: i64, until: i64) -> v1::CreateOrderRequest {
    v1::CreateOrderRequest {
        customer_id: customer.to_string(),
        service_type: v1::ServiceType::ServiceCleaning.into(),
        starts_at: Some(write::timestamp(hour(from))),
        ends_at: Some(write::timestamp(hour(until))),
        crew_size: 2,
        price_terms: Some(fixed(100)),
        checklist: vec!["windows".into(), "floors".into()],
        ..Default::default()
    }
}

pub(crate) fn assign_request(order: &v1::Order, employee: EmployeeId) -> v1::AssignEmployeeRequest {
    v1::AssignEmployeeRequest {
        id: order.id.clone(),
        employee_id: employee.to_string(),
        override_reason: String::new(),
        version: order.version,
    }
}

pub(crate) fn euros(units: i64) -> contracts::google::r#type::Money {
    contracts::google::r#type::Money { currency_code: "EUR".into(), units, nanos: 0 }
}

pub(crate) fn fixed(units: i64) -> v1::PriceTerms {
    v1::PriceTerms { base: Some(v1::price_terms::Base::Fixed(euros(units))), ..Default::default() }
}

pub(crate) fn address(street: &str) -> Address {
    Address { street: street.into(), city: "Rīga".into(), postal_code: String::new(), country_code: String::new() }
}

/// A customer as events tell of one; their properties have the numbers 1,000 n and up.
pub(crate) fn customer(n: u128, properties: u128) -> customers::Customer {
    let property = |i| customers::Property {
        id: Uuid::from_u128(n * 1_000 + i).to_string(),
        address: Some(Address { country_code: "LV".into(), ..address(&format!("Brīvības iela {i}")) }),
        access_notes: format!("code {i}"),
        ..Default::default()
    };
    customers::Customer {
        id: Uuid::from_u128(n).to_string(),
        name: format!("Customer {n}"),
        phone: "+37120000001".into(),
        properties: (0..properties).map(property).collect(),
        status: customers::CustomerStatus::Active.into(),
        ..Default::default()
    }
}

/// An employee as events tell of one.
pub(crate) fn employee(n: u128) -> employees::Employee {
    employees::Employee {
        id: Uuid::from_u128(n).to_string(),
        first_name: "Employee".into(),
        last_name: n.to_string(),
        status: employees::EmployeeStatus::Active.into(),
        ..Default::default()
    }
}

pub(crate) fn id<K>(n: u128) -> Id<K> {
    Id::from_uuid(Uuid::from_u128(n))
}

/// What an error says: its kind or reason, and the fields that it names.
pub(crate) fn told(error: &Error) -> (String, String) {
    match error {
        Error::Invalid(violations) => {
            let codes: Vec<_> = violations.iter().map(|v| v.code.to_string()).collect();
            let fields: Vec<_> = violations.iter().map(|v| v.field.clone()).collect();
            (codes.join(" "), fields.join(" "))
        }
        Error::FailedPrecondition { reason, field, .. } => (reason.to_string(), field.to_string()),
        Error::NotFound { resource, field, .. } => (format!("{resource} not found"), field.to_string()),
        Error::Conflict { current_version, .. } => (format!("conflict with {current_version}"), String::new()),
        Error::PermissionDenied(_) => ("permission denied".into(), String::new()),
        Error::Unauthenticated { .. } => ("unauthenticated".into(), String::new()),
        other => (other.to_string(), String::new()),
    }
}
