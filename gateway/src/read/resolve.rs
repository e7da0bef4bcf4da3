//! How a resolver gets its value.

use std::{
    any::{Any, TypeId},
    collections::HashMap,
    marker::PhantomData,
    sync::{Arc, Mutex, PoisonError},
};

use async_graphql::{Context, parser::types::OperationType};
use dataloader::{BatchFn, non_cached::Loader};
use kernel::Error;

use super::{Answer, Batch, Plan, Selection, shelf};
use crate::scope::Scope;

/// What the root fields of a query ask: how the plan of a query begins. The schema's data has it.
#[derive(Clone, Copy)]
pub(crate) struct Root(pub(crate) fn(&Scope, &Selection) -> Plan);

/// Waits until what the query asks for is loaded. The first field to arrive loads it all; the others wait for it, and go
/// on in the order in which they came, so that the answer has its fields in the order of the query.
pub(crate) async fn planned(ctx: &Context<'_>) {
    if ctx.query_env.operation.node.ty == OperationType::Query {
        let (scope, Root(root)) = (Scope::of(ctx), ctx.data_unchecked::<Root>());
        scope.planned().get_or_init(|| root(scope, &Selection::of_operation(ctx)).run(scope)).await;
    }
}

/// What a batch method answers to `key`: from what was planned ahead; otherwise loaded together with what other resolvers
/// ask at the same time.
pub(crate) async fn get<B: Batch>(ctx: &Context<'_>, key: B::Key) -> Answer<B::Value> {
    planned(ctx).await;
    let scope = Scope::of(ctx);
    if let Some(answer) = scope.shelves().of::<B>().get(&key) {
        return answer;
    }
    let loaders = ctx.data_unchecked::<Loaders>();
    let fallback = || Arc::new(Error::internal("a batch method did not answer a question"));
    loaders.of::<B>(scope).try_load(key).await.unwrap_or_else(|_| Err(fallback()))
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
