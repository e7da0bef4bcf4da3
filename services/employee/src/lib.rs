//! The employee service: the people of the company, their contact data, photo, skills, availability and times off.
//!
//! | module | what |
//! |---|---|
//! | [`domain`] | the rules, pure |
//! | [`application`] | the use cases, one file each; they decide who may |
//! | `grpc` | `crm.employee.v1.EmployeeService` on the use cases |
//! | [`reactions`] | what is done on others' events |
//! | `documents` | how the domain is kept |
//! | `parts` | what is read of an employee to answer |
//! | `messages`, `publishing` | the domain's values as messages; what others are told |
//! | [`settings`] | what can be set |
//!
//! The saga of a login: creating an employee with an email address publishes `EmployeeCreated`; the auth service
//! provisions an account and publishes `AccountCreated`, or `AccountProvisionRefused`; the reaction here shows the
//! outcome on the employee. Nobody waits for it. Whether an address is free is for the auth service to say, so
//! nothing here checks it.

pub mod application;
mod documents;
pub mod domain;
mod grpc;
mod messages;
mod parts;
mod publishing;
pub mod reactions;
pub mod settings;

use contracts::crm::employee::v1::employee_service_server::EmployeeServiceServer;
use kernel::{PhoneNumber, Result};
use runtime::{Dependencies, Service, grpc::MAX_MESSAGE};
use tonic::service::Routes;

pub use application::Application;
use application::photo::{self, Darkroom};
pub use documents::COLLECTIONS;
pub use parts::EmployeeParts;
pub use settings::{SETTINGS, Settings};

/// The service's name: its domain, and the source of its events.
pub const SERVICE: &str = "employee";

/// Builds the service: its use cases, and what is served and run in the background.
///
/// # Errors
/// None as yet; services that can't be built say why.
pub fn build(settings: Settings, dependencies: Dependencies) -> Result<(Application, Service)> {
    let Dependencies { store, bus, env } = dependencies;
    PhoneNumber::prepare();
    let darkroom = Darkroom::new(settings.photos.concurrent.get(), photo::DEADLINE);
    let application = Application::new(store.clone(), env.clone(), darkroom);
    let server = EmployeeServiceServer::new(grpc::Grpc(application.clone())).max_decoding_message_size(MAX_MESSAGE);
    let relay = events::Relay::new(SERVICE, store, bus, env);
    let service = Service::new(SERVICE, Routes::new(server))
        .task("relay", |stop| relay.run(stop))
        .consumer(reactions::ACCOUNTS, reactions::Accounts::handler(application.clone()));
    Ok((application, service))
}
