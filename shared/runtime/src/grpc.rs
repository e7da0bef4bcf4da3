//! A gRPC service: its methods, the layers round them, and serving it on a port.
//!
//! | module | what |
//! |---|---|
//! | `stack` | the layers of a call, in their order |
//! | `method` | what the contracts say of the method that is called |
//! | `observe` | the span, the log line and the metric of a call |
//! | `deadline` | how long it may take |
//! | `access` | who calls |
//! | `answer` | what a use case came to, as the answer of a method |
//! | `health` | whether it lives and has what it needs |
//! | `listen` | the port, reflection, and how it stops |

pub(crate) mod access;
mod answer;
pub(crate) mod deadline;
mod health;
mod listen;
mod method;
mod observe;
mod stack;

use std::{sync::Arc, time::Duration};

use events::{Bus, Handler, SubscribeError, Subscription};
use futures::future::BoxFuture;
use store::Store;
use tokio_util::sync::CancellationToken;
use tonic::service::Routes;

pub use access::{principal, session};
pub use answer::{Answer, answer, in_their_places};
pub use health::{LIVE, Need, Part, healthcheck};
pub use listen::{Listener, ServeError, serve};
pub use observe::{rpc_status, status};

use crate::{Transport, Verifier, program::describe};
use stack::Stack;

/// The most bytes of one message. Generated servers and clients must be told:
/// `OrderServiceServer::new(…).max_decoding_message_size(MAX_MESSAGE)`.
pub const MAX_MESSAGE: usize = 16 * 1024 * 1024;

/// The longest a call in the same process may take.
const CALL_TIMEOUT: Duration = Duration::from_secs(10);

/// A background task: it gets a token, and returns soon after that is cancelled.
pub type Task = Box<dyn FnOnce(CancellationToken) -> BoxFuture<'static, ()> + Send>;

/// A service: what it answers, and what it does in the background.
pub struct Service {
    /// The domain, as in `crm.<name>.v1`.
    pub name: &'static str,
    /// Its generated servers.
    pub routes: Routes,
    /// Its background tasks, with names for the log.
    pub tasks: Vec<(&'static str, Task)>,
    /// What it does on others' events. [`bind`](Self::bind) makes tasks of them.
    pub consumers: Vec<(Subscription, Arc<dyn Handler>)>,
    /// What must be there for it to do its work.
    pub parts: Vec<Part>,
}

impl Service {
    /// A service without background tasks.
    #[must_use]
    pub fn new(name: &'static str, routes: Routes) -> Self {
        Self { name, routes, tasks: Vec::new(), consumers: Vec::new(), parts: Vec::new() }
    }

    /// The service with one more background task.
    #[must_use]
    pub fn task<F>(mut self, name: &'static str, task: impl FnOnce(CancellationToken) -> F + Send + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.tasks.push((name, Box::new(move |stop| Box::pin(task(stop)))));
        self
    }

    /// The service with one more reaction to events.
    #[must_use]
    pub fn consumer(mut self, subscription: Subscription, handler: Arc<dyn Handler>) -> Self {
        self.consumers.push((subscription, handler));
        self
    }

    /// The service, ready only with this part.
    #[must_use]
    pub fn needs(mut self, part: Part) -> Self {
        self.parts.push(part);
        self
    }

    /// The service, ready while its data is there, and once the bus was: without it events wait in the outbox.
    #[must_use]
    pub fn needs_store_and_bus(self, store: &Store, bus: &Arc<dyn Bus>) -> Self {
        let (store, bus) = (store.clone(), bus.clone());
        let ping_store = move || {
            let store = store.clone();
            async move { store.ping().await }
        };
        let ping_bus = move || {
            let bus = bus.clone();
            async move { bus.ping().await }
        };
        self.needs(Part::new("store", Need::Now, ping_store)).needs(Part::new("bus", Need::Once, ping_bus))
    }

    /// Binds the service's consumers to `bus`, so that from now on no event passes them by, and makes each a
    /// background task. Where several services share a process, all are bound before the first is served.
    /// A bus that is down is no error: the consumers wait for it.
    ///
    /// # Errors
    /// [`SubscribeError::Refused`] where a consumer must not run here.
    pub async fn bind(&mut self, bus: &Arc<dyn Bus>) -> Result<(), SubscribeError> {
        for (subscription, handler) in std::mem::take(&mut self.consumers) {
            let consumer = Consumer { bus: bus.clone(), subscription, handler, stop: CancellationToken::new() };
            let deliveries = match consumer.subscribe().await {
                Err(error @ SubscribeError::Refused(_)) => return Err(error),
                deliveries => deliveries.ok(),
            };
            self.tasks.push((subscription.consumer, Box::new(move |stop| Box::pin(consumer.run(deliveries, stop)))));
        }
        Ok(())
    }

    /// The way to the service within this process, through the same layers as calls from elsewhere.
    #[must_use]
    pub fn transport(&self, verifier: &Arc<Verifier>) -> Transport {
        Transport::local(Stack::new(self.routes.clone(), verifier.clone(), CALL_TIMEOUT))
    }
}

/// A reaction to events, at work.
struct Consumer {
    bus: Arc<dyn Bus>,
    subscription: Subscription,
    handler: Arc<dyn Handler>,
    stop: CancellationToken,
}

impl Consumer {
    async fn subscribe(&self) -> Result<BoxFuture<'static, ()>, SubscribeError> {
        let subscribed = self.bus.subscribe(self.subscription, self.handler.clone(), self.stop.clone()).await;
        subscribed.inspect_err(|error| {
            tracing::warn!(consumer = self.subscription.consumer, error.message = describe(error), "a consumer can't run now");
        })
    }

    /// Takes deliveries until `stop`, and begins again where the bus went away.
    async fn run(self, mut deliveries: Option<BoxFuture<'static, ()>>, stop: CancellationToken) {
        const AGAIN: Duration = Duration::from_secs(1);
        let consuming = async {
            while !self.stop.is_cancelled() {
                if let Some(deliveries) = deliveries.take() {
                    deliveries.await;
                } else {
                    let _ = self.stop.run_until_cancelled(tokio::time::sleep(AGAIN)).await;
                    deliveries = self.subscribe().await.ok();
                }
            }
        };
        let stopping = async {
            stop.cancelled().await;
            self.stop.cancel();
        };
        tokio::join!(consuming, stopping);
    }
}

#[cfg(test)]
mod tests;
