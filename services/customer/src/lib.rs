//! The customer service: those for whom the company works, their places, contacts and the office's notes.
//!
//! | module | what |
//! |---|---|
//! | [`domain`] | customers and their rules: pure values |
//! | [`application`] | the use cases, one file each; who may do what is decided there |
//! | [`commands`] | what operators do |
//! | [`documents`] | how the domain is kept: collections and indexes |
//! | `grpc` | messages to use cases and back; `messages`: the domain as messages of the contract |
//! | `parts` | what is read of a customer to answer |
//! | `publishing` | what others are told |
//! | `reactions` | what is done on the events of orders |
//! | [`settings`] | the program's settings |
//!
//! [`build`] puts it together. An edit is: `grpc` reads the request, the use case loads the aggregate, compares its
//! version with the one that the caller has seen, lets the domain make the next one, and commits that with its history
//! and its event in one transaction.

pub mod application;
pub mod commands;
pub mod documents;
pub mod domain;
mod grpc;
mod messages;
mod parts;
mod publishing;
mod reactions;
pub mod settings;

use std::sync::Arc;

use contracts::crm::customer::v1::customer_service_server::CustomerServiceServer;
use events::Relay;
use kernel::{PhoneNumber, Result};
use runtime::{Dependencies, Service, grpc::MAX_MESSAGE};
use tonic::service::Routes;

pub use application::Application;
pub use documents::COLLECTIONS;
pub use parts::CustomerParts;
pub use settings::{SETTINGS, Settings};

/// The service's name: of the domain, of its program, and as the source of its events.
pub const SERVICE: &str = "customer";

/// Puts the service together: its use cases, for callers in the same process, and what serves them to others.
///
/// # Errors
/// None of its own so far; the settings of others can be refused.
pub fn build(_: Settings, dependencies: Dependencies) -> Result<(Application, Service)> {
    let Dependencies { store, bus, env } = dependencies;
    PhoneNumber::prepare();
    let application = Application::new(store.clone(), env.clone());
    let server = CustomerServiceServer::new(grpc::Grpc(application.clone())).max_decoding_message_size(MAX_MESSAGE);
    let follow_orders = reactions::FollowOrders { store: store.clone(), env: env.clone() };
    let relay = Relay::new(SERVICE, store, bus, env);
    let service = Service::new(SERVICE, Routes::new(server))
        .consumer(reactions::ORDERS, Arc::new(follow_orders))
        .task("customer.relay", |stop| relay.run(stop));
    Ok((application, service))
}
