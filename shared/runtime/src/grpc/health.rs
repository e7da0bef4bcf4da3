//! Whether a service lives and can do its work, as `grpc.health.v1.Health` tells it.
//!
//! | name | SERVING means |
//! |---|---|
//! | empty, and the gRPC service's own | it can do its work: what it needs now is there, what it needs once was there |
//! | of a [`Part`], such as `store` and `bus` | that part is there now |
//! | `live` | the process answers |
//!
//! A service that only publishes and reacts late without its bus needs it once, so that its queues are there: later on
//! writes wait in the outbox, and whoever routes calls must not take them elsewhere.

use std::{
    collections::HashMap,
    convert::Infallible,
    error::Error as StdError,
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use futures::future::{BoxFuture, join_all};
use tonic_health::{
    ServingStatus,
    pb::{
        HealthCheckRequest,
        health_check_response::ServingStatus as Told,
        health_client::HealthClient,
        health_server::{Health as Contract, HealthServer},
    },
    server::HealthReporter,
};

use crate::{Transport, net, program::describe, transport::Remote};

/// The name under which it is told that the process answers.
pub const LIVE: &str = "live";

/// How often the parts are looked at; and while one is missing, so that a start and a recovery are noticed soon.
const EVERY: Duration = Duration::from_secs(1);
const SOON: Duration = Duration::from_millis(200);
/// How long a part may take to answer.
const DEADLINE: Duration = Duration::from_secs(3);

/// When a service needs a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Without it nothing can be answered.
    Now,
    /// It must have been there since the start.
    Once,
}

/// Asks the service that listens on that port of this machine whether it is ready; else tells why not, in a line.
///
/// # Errors
/// The line.
pub async fn healthcheck(address: IpAddr, port: u16) -> Result<(), String> {
    let url = format!("http://{}", SocketAddr::new(net::own(address), port));
    let mut client = HealthClient::new(Transport::remote(&url, &Remote::default()).map_err(|error| error.to_string())?);
    let asked = tokio::time::timeout(DEADLINE, client.check(HealthCheckRequest::default())).await;
    let answer =
        asked.map_err(|_| format!("{url} does not answer"))?.map_err(|status| format!("{url} can't be asked: {}", status.code()))?;
    match answer.into_inner().status() {
        Told::Serving => Ok(()),
        _ => Err(format!("{url} says that it is not")),
    }
}

type Outcome = Result<(), Box<dyn StdError + Send + Sync>>;

/// Something that a service needs.
pub struct Part {
    name: &'static str,
    need: Need,
    check: Box<dyn Fn() -> BoxFuture<'static, Outcome> + Send + Sync>,
    /// Whether it is there; `None` before it was looked at.
    there: Option<bool>,
    /// Whether it ever was there.
    was_there: bool,
}

impl Part {
    /// The part `name`, which is there while `check` says so.
    pub fn new<F, E>(name: &'static str, need: Need, check: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: Into<Box<dyn StdError + Send + Sync>>,
    {
        let check = move || -> BoxFuture<'static, Outcome> {
            let looking = check();
            Box::pin(async { looking.await.map_err(Into::into) })
        };
        Self { name, need, check: Box::new(check), there: None, was_there: false }
    }

    /// Looks whether it is there.
    async fn look(&mut self) {
        let outcome = tokio::time::timeout(DEADLINE, (self.check)()).await;
        let outcome = outcome.unwrap_or_else(|_| Err(format!("no answer within {} s", DEADLINE.as_secs()).into()));
        let there = outcome.is_ok();
        match outcome {
            _ if self.there == Some(there) => {}
            Ok(()) => tracing::info!(part = self.name, "a part that is needed is there"),
            Err(error) => tracing::warn!(part = self.name, error.message = describe(&*error), "a part that is needed is not there"),
        }
        self.there = Some(there);
        self.was_there |= there;
    }

    fn suffices(&self) -> bool {
        match self.need {
            Need::Now => self.there == Some(true),
            Need::Once => self.was_there,
        }
    }
}

/// What a port tells of its service.
pub(super) struct Health {
    reporter: HealthReporter,
    /// The gRPC services, and the empty name for all.
    services: Vec<&'static str>,
    parts: Vec<Part>,
    /// What was told last, by name.
    told: HashMap<&'static str, bool>,
}

impl Health {
    /// The health of these gRPC services, which need these parts, and what answers for it.
    pub(super) async fn new(services: &[&'static str], parts: Vec<Part>) -> (Self, HealthServer<impl Contract>) {
        let (reporter, server) = tonic_health::server::health_reporter();
        let services = services.iter().copied().chain([""]).collect();
        let mut health = Self { reporter, services, parts, told: HashMap::new() };
        health.tell().await;
        (health, server)
    }

    /// Looks at the parts all the time, and tells.
    pub(super) async fn watch(&mut self) -> Infallible {
        loop {
            join_all(self.parts.iter_mut().map(Part::look)).await;
            self.tell().await;
            let complete = self.parts.iter().all(|part| part.there == Some(true));
            tokio::time::sleep(if complete { EVERY } else { SOON }).await;
        }
    }

    async fn tell(&mut self) {
        let ready = self.parts.iter().all(Part::suffices);
        let services = self.services.iter().map(|service| (*service, ready));
        let parts = self.parts.iter().map(|part| (part.name, part.there == Some(true)));
        for (name, serving) in services.chain(parts).chain([(LIVE, true)]) {
            // Who watches hears of changes, not of every look.
            if self.told.insert(name, serving) != Some(serving) {
                let status = if serving { ServingStatus::Serving } else { ServingStatus::NotServing };
                self.reporter.set_service_status(name, status).await;
            }
        }
    }

    /// Tells who asks or watches that nothing is served any more, and ends the watching, which would else hold up the stop.
    pub(super) async fn retire(&mut self) {
        for service in &self.services {
            self.reporter.set_service_status(service, ServingStatus::NotServing).await;
        }
        for name in self.told.keys() {
            self.reporter.clear_service_status(name).await;
        }
    }
}
