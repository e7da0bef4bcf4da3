//! The service on a store of its own, with callers of every role.

use std::sync::Arc;

use contracts::crm::employee::v1::{
    CreateEmployeeRequest, Employee, GetEmployeeRequest, UpdateEmployeeRequest, employee_service_client::EmployeeServiceClient,
};
use employee::{Application, COLLECTIONS, Settings};
use events::Handler;
use kernel::{Envelope, Error, Principal, Role, Timestamp};
use prost_types::FieldMask;
use runtime::{Service, Transport, settings::COMMON};
use testkit::{Bed, answer, bed};
use tonic::{Response, Status};

/// A client that calls in somebody's name.
pub(crate) type Client = EmployeeServiceClient<bed::Channel>;

/// The service and what surrounds it.
pub(crate) struct World {
    pub(crate) bed: Bed,
    pub(crate) application: Application,
    pub(crate) service: Service,
    transport: Transport,
}

impl World {
    pub(crate) async fn new() -> Self {
        let bed = Bed::new(COLLECTIONS, Timestamp::parse("now", "2026-03-02T08:00:00Z").unwrap()).await;
        let settings: Settings = runtime::settings::Settings::new("EMPLOYEE", &[("", COMMON), ("", employee::SETTINGS)], [])
            .and_then(|settings| settings.extract())
            .unwrap();
        let (application, service) = employee::build(settings, bed.dependencies()).unwrap();
        let transport = bed.transport(&service);
        Self { bed, application, service, transport }
    }

    /// Calls without a token.
    pub(crate) fn nobody(&self) -> Client {
        client(bed::signed_out(&self.transport))
    }

    pub(crate) fn admin(&self) -> Client {
        self.client(&self.bed.person(Role::Admin, None))
    }

    pub(crate) fn manager(&self) -> Client {
        self.client(&self.bed.person(Role::Manager, None))
    }

    /// Calls as the cleaner who is that employee.
    pub(crate) fn cleaner(&self, employee: &Employee) -> Client {
        self.client(&self.bed.person(Role::Employee, Some(employee.id.parse().unwrap())))
    }

    /// Calls as the manager of another company.
    pub(crate) fn stranger(&self) -> Client {
        self.client(&Principal { company: self.bed.env.new_id(), ..self.bed.person(Role::Manager, None) })
    }

    fn client(&self, caller: &Principal) -> Client {
        client(self.bed.signed_in(&self.transport, caller))
    }

    /// The reaction to what the auth service tells.
    pub(crate) fn accounts(&self) -> Arc<dyn Handler> {
        self.service.consumers[0].1.clone()
    }

    /// An employee, made by a manager.
    pub(crate) async fn hire(&self, first: &str, last: &str, email: &str) -> Employee {
        created(&mut self.manager(), hire(first, last, email)).await
    }

    pub(crate) async fn get(&self, id: &str) -> Employee {
        let answer = self.manager().get_employee(GetEmployeeRequest { id: id.to_owned() }).await;
        answer.unwrap().into_inner().employee.unwrap()
    }

    /// What waits to be published: the kinds, and the versions of the employees.
    pub(crate) async fn published(&self) -> Vec<(String, u64)> {
        let kind = |event: &Envelope| event.kind.trim_start_matches("crm.employee.v1.").to_owned();
        self.bed.published().await.iter().map(|event| (kind(event), event.version)).collect()
    }
}

fn client(channel: bed::Channel) -> Client {
    EmployeeServiceClient::new(channel).max_encoding_message_size(64 << 20)
}

/// What creates an ordinary employee.
pub(crate) fn hire(first: &str, last: &str, email: &str) -> CreateEmployeeRequest {
    CreateEmployeeRequest {
        first_name: first.into(),
        last_name: last.into(),
        phone: "+37120012345".into(),
        email: email.into(),
        ..CreateEmployeeRequest::default()
    }
}

pub(crate) async fn created(client: &mut Client, request: CreateEmployeeRequest) -> Employee {
    client.create_employee(request).await.unwrap().into_inner().employee.unwrap()
}

/// What changes the fields of the mask to those of `employee`.
pub(crate) fn update(employee: Employee, mask: &[&str]) -> UpdateEmployeeRequest {
    let paths = mask.iter().map(|path| (*path).to_owned()).collect();
    UpdateEmployeeRequest { employee: Some(employee), update_mask: Some(FieldMask { paths }) }
}

pub(crate) async fn updated(client: &mut Client, employee: Employee, mask: &[&str]) -> Employee {
    client.update_employee(update(employee, mask)).await.unwrap().into_inner().employee.unwrap()
}

/// The error that a call ended with.
pub(crate) fn error<T>(outcome: Result<Response<T>, Status>) -> Error {
    answer(outcome).map(drop).unwrap_err()
}

/// The fields and codes of invalid input.
pub(crate) fn violations(error: Error) -> Vec<(String, String)> {
    match error {
        Error::Invalid(violations) => violations.into_iter().map(|v| (v.field, v.code.into_owned())).collect(),
        other => panic!("{other:?}"),
    }
}
