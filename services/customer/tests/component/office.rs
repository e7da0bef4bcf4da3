//! A customer service to test, those who call it, and short ways to say things.

use std::{fmt, sync::Arc, time::Duration};

use contracts::crm::{
    api::v1::Address,
    customer::v1::{self, customer_service_client::CustomerServiceClient},
};
use customer::{Application, COLLECTIONS, Settings};
use events::{Handler, InProcessBus};
use kernel::{CompanyId, Env, Error, Principal, Role, Timestamp};
use runtime::{Service, Transport};
use testkit::{Bed, answer, bed};
use tonic::{Response, Status};

pub(crate) type Client = CustomerServiceClient<bed::Channel>;

/// The service, alone in its world: nothing runs in the background.
pub(crate) struct Office {
    pub(crate) bed: Bed,
    pub(crate) application: Application,
    /// The reaction to the events of orders.
    pub(crate) orders: Arc<dyn Handler>,
    pub(crate) service: Service,
    transport: Transport,
}

impl Office {
    pub(crate) async fn open() -> Self {
        let mut bed = Bed::new(COLLECTIONS, Timestamp::parse("now", "2026-03-01T09:00:00Z").unwrap()).await;
        // Deliveries are timed by the clock of the world.
        bed.bus = Arc::new(InProcessBus::in_memory(Env::system()).unwrap());
        let (application, service) = customer::build(Settings::default(), bed.dependencies()).unwrap();
        let orders = service.consumers[0].1.clone();
        let transport = bed.transport(&service);
        Self { bed, application, orders, service, transport }
    }

    /// Callers with this role.
    pub(crate) fn client(&self, role: Role) -> Client {
        self.client_of(self.bed.company, role)
    }

    pub(crate) fn manager(&self) -> Client {
        self.client(Role::Manager)
    }

    pub(crate) fn admin(&self) -> Client {
        self.client(Role::Admin)
    }

    pub(crate) fn client_of(&self, company: CompanyId, role: Role) -> Client {
        let caller = Principal { company, ..self.bed.person(role, None) };
        CustomerServiceClient::new(self.bed.signed_in(&self.transport, &caller))
    }

    /// Callers who are not signed in.
    pub(crate) fn stranger(&self) -> Client {
        CustomerServiceClient::new(bed::signed_out(&self.transport))
    }

    /// A manager who calls the use cases without the network, as demo data does.
    pub(crate) fn principal(&self) -> Principal {
        self.bed.person(Role::Manager, None)
    }

    /// Lets a minute pass, and tells the time.
    pub(crate) fn later(&self) -> Timestamp {
        self.bed.pass(Duration::from_secs(60))
    }

    /// A customer of this name with one place.
    pub(crate) async fn customer(&self, name: &str) -> v1::Customer {
        self.created(person(name)).await
    }

    pub(crate) async fn created(&self, request: v1::CreateCustomerRequest) -> v1::Customer {
        self.manager().create_customer(request).await.unwrap().into_inner().customer.unwrap()
    }

    pub(crate) async fn archived(&self, name: &str) -> v1::Customer {
        let customer = self.customer(name).await;
        let request = v1::ArchiveCustomerRequest { id: customer.id, version: customer.version };
        self.manager().archive_customer(request).await.unwrap().into_inner().customer.unwrap()
    }

    pub(crate) async fn read(&self, id: &str) -> v1::Customer {
        self.manager().get_customer(v1::GetCustomerRequest { id: id.to_owned() }).await.unwrap().into_inner().customer.unwrap()
    }
}

pub(crate) fn person(name: &str) -> v1::CreateCustomerRequest {
    v1::CreateCustomerRequest {
        r#type: v1::CustomerType::Person.into(),
        name: name.into(),
        phone: "+37120000001".into(),
        properties: vec![property("Brīvības iela 1")],
        ..v1::CreateCustomerRequest::default()
    }
}

pub(crate) fn organisation(name: &str) -> v1::CreateCustomerRequest {
    v1::CreateCustomerRequest { r#type: v1::CustomerType::Organisation.into(), registration_number: "40003000000".into(), ..person(name) }
}

pub(crate) fn property(street: &str) -> v1::Property {
    let address = Address { street: street.into(), city: "Rīga".into(), postal_code: "LV-1010".into(), country_code: "LV".into() };
    v1::Property { address: Some(address), ..v1::Property::default() }
}

/// What a call came to, in a line: `invalid: name TOO_LONG`, `ok`.
pub(crate) fn seen<T: fmt::Debug>(outcome: Result<Response<T>, Status>) -> String {
    answer(outcome).map_or_else(|error| told(&error), |_| "ok".to_owned())
}

pub(crate) fn told(error: &Error) -> String {
    match error {
        Error::Invalid(found) => {
            let found: Vec<String> = found.iter().map(|v| format!("{} {}", v.field, v.code)).collect();
            format!("invalid: {}", found.join(", "))
        }
        Error::NotFound { resource, field, .. } => format!("not found: {resource} {field}"),
        Error::Conflict { resource, current_version, .. } => format!("conflict: {resource} {current_version}"),
        Error::FailedPrecondition { reason, field, .. } => format!("refused: {field} {reason}"),
        Error::PermissionDenied(_) => "denied".to_owned(),
        Error::Unauthenticated { .. } => "not signed in".to_owned(),
        other => format!("{other:?}"),
    }
}
