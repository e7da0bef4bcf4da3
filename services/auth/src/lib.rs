//! The auth service: accounts, passwords, sessions, roles, and the keys that sign access tokens.
//!
//! | module | what |
//! |---|---|
//! | [`domain`] | accounts, sessions, keys and their rules: pure values |
//! | [`application`] | the use cases, one file each; who may do what is decided there |
//! | [`passwords`] | hashing passwords, bounded |
//! | `throttle` | how often a wrong password may be tried |
//! | `documents` | how the domain is kept: collections and indexes |
//! | `grpc` | messages to use cases and back; `messages`: the domain as messages of the contract |
//! | `parts` | what is read of an account to answer |
//! | `publishing` | what others are told |
//! | `reactions` | logins follow employees |
//! | [`commands`] | what an operator does by command |
//! | [`settings`] | the program's settings |
//!
//! [`build`] puts it together. A sign-in is: `grpc` reads the request; the use case finds the account, compares the password
//! on a thread for that, begins a session with a refresh token of which only the digest is kept, and commits it with the
//! event; then it signs the access token with the key of the key ring.
//!
//! Architecture invariant: a password, a token and a seed leave the types that hide them (`Password`, `Secret`) only for a
//! computation, for the store, or in `messages` for the one caller they are made for. No event, history entry or log line
//! has one.

pub mod application;
pub mod commands;
mod documents;
pub mod domain;
mod grpc;
mod messages;
mod parts;
pub mod passwords;
mod publishing;
mod reactions;
pub mod settings;
mod throttle;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use contracts::crm::auth::v1::auth_service_server::AuthServiceServer;
use events::Relay;
use kernel::Result;
use runtime::{
    Dependencies, Service,
    grpc::{MAX_MESSAGE, Need, Part},
};
use tokio_util::sync::CancellationToken;
use tonic::service::Routes;

pub use application::Application;
pub use documents::COLLECTIONS;
pub use parts::AccountParts;
pub use passwords::Passwords;
pub use settings::{SETTINGS, Settings};

/// The service's name: of the domain, of its program, and as the source of its events.
pub const SERVICE: &str = "auth";

/// How long after a failure the first company is looked for again.
const AGAIN: Duration = Duration::from_secs(1);
/// How often what is left of sessions and of wrong passwords is removed.
const SWEEP: Duration = Duration::from_secs(3_600);

/// Puts the service together: its use cases, for callers in the same process, and what serves them to others. It is ready
/// once the first company is there, which it sees to itself.
///
/// # Errors
/// [`Error::Internal`](kernel::Error::Internal) where passwords can't be hashed.
pub fn build(settings: Settings, dependencies: Dependencies) -> Result<(Application, Service)> {
    let application = Application::new(dependencies.store.clone(), dependencies.env.clone(), settings)?;
    let service = serve(&application, dependencies);
    Ok((application, service))
}

/// What serves the use cases of `application`, whose dependencies these are.
#[must_use]
pub fn serve(application: &Application, dependencies: Dependencies) -> Service {
    let Dependencies { store, bus, env } = dependencies;
    let server = AuthServiceServer::new(grpc::Grpc(application.clone())).max_decoding_message_size(MAX_MESSAGE);
    let relay = Relay::new(SERVICE, store, bus, env);
    let (founder, sweeper) = (application.clone(), application.clone());
    let founded = Arc::new(AtomicBool::new(false));
    let is_founded = founded.clone();
    let company = Part::new("company", Need::Once, move || {
        let there = is_founded.load(Ordering::Relaxed);
        std::future::ready(if there { Ok(()) } else { Err("no company is known yet") })
    });
    Service::new(SERVICE, Routes::new(server))
        .needs(company)
        .consumer(reactions::EMPLOYEES, Arc::new(reactions::FollowEmployees(application.clone())))
        .task("auth.relay", |stop| relay.run(stop))
        .task("auth.company", |stop| async move {
            let _ = stop.run_until_cancelled(found(founder, founded)).await;
        })
        .task("auth.sweep", |stop| sweep(sweeper, stop))
}

/// Sees to it that there is a company: at once, or when the store is there.
async fn found(application: Application, founded: Arc<AtomicBool>) {
    while let Err(error) = application.ensure_company().await {
        tracing::warn!(error.message = %error, "the first company can't be looked for yet");
        tokio::time::sleep(AGAIN).await;
    }
    founded.store(true, Ordering::Relaxed);
}

/// Removes what is left of sessions and of wrong passwords, until `stop`.
async fn sweep(application: Application, stop: CancellationToken) {
    while stop.run_until_cancelled(tokio::time::sleep(SWEEP)).await.is_some() {
        match application.forget_expired_sessions().await {
            Ok(forgotten) => tracing::debug!(forgotten, "expired sessions were removed"),
            Err(error) => tracing::warn!(error.message = %error, "expired sessions could not be removed"),
        }
        match application.forget_old_tries().await {
            Ok(forgotten) => tracing::debug!(forgotten, "old failures to sign in were removed"),
            Err(error) => tracing::warn!(error.message = %error, "old failures to sign in could not be removed"),
        }
    }
}
