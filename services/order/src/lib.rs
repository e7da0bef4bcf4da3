//! The order service: what is cleaned when, for whom, by whom, at what price.
//!
//! | module | what |
//! |---|---|
//! | [`domain`] | the rules, pure |
//! | [`application`] | the use cases, with who may do what |
//! | `grpc` | the contract's methods as use cases |
//! | `reactions` | what follows from events of customers and employees |
//! | `documents` | how the domain is kept |
//! | `parts` | what is read of an order to answer |
//! | `messages`, `publishing` | the domain in messages of the contract; which event is published |
//! | `turns` | those of one process who would get in each other's way go one after another |
//!
//! It makes no call to another service: what it needs to know of customers and employees it keeps
//! as copies that their events feed.

pub mod application;
mod documents;
pub mod domain;
mod grpc;
mod messages;
mod parts;
mod publishing;
mod reactions;
mod turns;

use contracts::crm::order::v1::order_service_server::OrderServiceServer;
use kernel::Result;
use runtime::{Dependencies, Service, grpc::MAX_MESSAGE};
use serde::Deserialize;
use tonic::service::Routes;

pub use application::Application;
pub use documents::COLLECTIONS;
pub use parts::OrderParts;

/// The service's name: the domain of its contract, the source of its events.
pub const SERVICE: &str = "order";

/// The commented defaults of its settings, over those that all services have.
pub const SETTINGS: &str = include_str!("settings.toml");

/// The settings of its own: none yet.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Settings {}

/// Puts the service together.
///
/// # Errors
/// None yet; what its settings will say may be wrong.
pub fn build(_settings: Settings, dependencies: Dependencies) -> Result<(Application, Service)> {
    let Dependencies { store, bus, env } = dependencies;
    let application = Application::new(store.clone(), env.clone());
    let server = OrderServiceServer::new(grpc::Grpc(application.clone())).max_decoding_message_size(MAX_MESSAGE);
    let relay = events::Relay::new(SERVICE, store.clone(), bus, env.clone());
    let service = Service::new(SERVICE, Routes::new(server))
        .task("relay", move |stop| relay.run(stop))
        .consumer(reactions::CUSTOMERS, reactions::customers(store.clone(), env.clone(), application.turns()))
        .consumer(reactions::EMPLOYEES, reactions::employees(store, env, application.turns()));
    Ok((application, service))
}
