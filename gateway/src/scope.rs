//! What one request carries through the graph.

use std::{
    any::{Any, TypeId},
    collections::HashMap,
    marker::PhantomData,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use async_graphql::{Context, parser::types::OperationType};
use dataloader::{BatchFn, non_cached::Loader};
use kernel::{Error, Principal};
use tokio::sync::OnceCell;
use tonic::{Status, metadata::MetadataValue};

use crate::{
    clients::Clients,
    graph::query,
    read::{Answer, Batch, Selection, Shelves, shelf},
};

/// The scope of one request: who asks, how much time is left, what was loaded, how many calls were made.
pub(crate) struct Scope {
    clients: Clients,
    bearer: Option<MetadataValue<tonic::metadata::Ascii>>,
    viewer: Option<Principal>,
    deadline: Instant,
    calls: AtomicU32,
    shelves: Shelves,
    planned: OnceCell<()>,
}

impl Scope {
    /// The scope of a request that must be answered within `time`. `token` is the user's own, already verified.
    pub(crate) fn new(clients: Clients, credentials: Option<(String, Principal)>, time: Duration) -> Arc<Self> {
        let (token, viewer) = credentials.unzip();
        Arc::new(Self {
            clients,
            bearer: token.and_then(|token| {
                let mut value = MetadataValue::try_from(format!("Bearer {token}")).ok()?;
                value.set_sensitive(true);
                Some(value)
            }),
            viewer,
            deadline: Instant::now() + time,
            calls: AtomicU32::new(0),
            shelves: Shelves::default(),
            planned: OnceCell::new(),
        })
    }

    /// The scope of the request that is being executed.
    #[expect(clippy::expect_used, reason = "every request is executed with its scope; see http::graphql")]
    pub(crate) fn of<'a>(ctx: &'a Context<'_>) -> &'a Arc<Self> {
        ctx.data::<Arc<Self>>().expect("the request's scope")
    }

    /// Who asks; `None` for somebody who is not signed in.
    pub(crate) fn viewer(&self) -> Option<&Principal> {
        self.viewer.as_ref()
    }

    /// The clients of the services.
    pub(crate) fn clients(&self) -> &Clients {
        &self.clients
    }

    /// What was loaded.
    pub(crate) fn shelves(&self) -> &Shelves {
        &self.shelves
    }

    /// The number of gRPC calls made so far.
    pub(crate) fn calls(&self) -> u32 {
        self.calls.load(Ordering::Relaxed)
    }

    /// Makes `message` a request: with the user's token and the time that is left; and counts it.
    pub(crate) fn request<M>(&self, message: M) -> tonic::Request<M> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        let mut request = tonic::Request::new(message);
        request.set_timeout(self.deadline.saturating_duration_since(Instant::now()));
        if let Some(bearer) = &self.bearer {
            request.metadata_mut().insert("authorization", bearer.clone());
        }
        request
    }

    /// The error of which a service's status tells; what callers must not see of it is logged here.
    pub(crate) fn failed(&self, status: &Status) -> Error {
        let error = contracts::error::from_status(status);
        if matches!(error, Error::Internal(_) | Error::Unavailable(_)) {
            tracing::warn!(code = ?status.code(), error.message = status.message(), "a service failed");
        }
        error
    }

    /// Waits until what the query asks for is loaded. The first field to arrive loads it all; the others wait for it, and
    /// go on in the order in which they came, so that the answer has its fields in the order of the query.
    pub(crate) async fn planned(ctx: &Context<'_>) {
        let scope = Self::of(ctx);
        if ctx.query_env.operation.node.ty == OperationType::Query {
            scope.planned.get_or_init(|| query::plan(scope, &Selection::of_operation(ctx)).run(scope)).await;
        }
    }

    /// What a batch method answers to `key`: from what was planned ahead; otherwise loaded together with what other
    /// resolvers ask at the same time.
    pub(crate) async fn get<B: Batch>(ctx: &Context<'_>, key: B::Key) -> Answer<B::Value> {
        Self::planned(ctx).await;
        let scope = Self::of(ctx);
        if let Some(answer) = scope.shelves.of::<B>().get(&key) {
            return answer;
        }
        let loaders = ctx.data_unchecked::<Loaders>();
        let fallback = || Arc::new(Error::internal("a batch method did not answer a question"));
        loaders.of::<B>(scope).try_load(key).await.unwrap_or_else(|_| Err(fallback()))
    }
}

/// The loaders of a request for what is not planned ahead.
#[derive(Default)]
pub(crate) struct Loaders(Mutex<HashMap<TypeId, Box<dyn Any + Send + Sync>>>);

type LoaderOf<B> = Loader<<B as Batch>::Key, Answer<<B as Batch>::Value>, Fetch<B>>;

impl Loaders {
    fn of<B: Batch>(&self, scope: &Arc<Scope>) -> LoaderOf<B> {
        let new = || Loader::new(Fetch::<B>(scope.clone(), PhantomData)).with_max_batch_size(10_000);
        let mut loaders = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let loader = loaders.entry(TypeId::of::<B>()).or_insert_with(|| Box::new(new()));
        loader.downcast_ref::<LoaderOf<B>>().cloned().unwrap_or_else(new)
    }
}

/// Calls a batch method for the crate `dataloader`.
pub(crate) struct Fetch<B>(Arc<Scope>, PhantomData<B>);

impl<B: Batch> BatchFn<B::Key, Answer<B::Value>> for Fetch<B> {
    async fn load(&mut self, keys: &[B::Key]) -> HashMap<B::Key, Answer<B::Value>> {
        let answers = shelf::load::<B>(&self.0, keys).await;
        keys.iter().cloned().zip(answers).collect()
    }
}
