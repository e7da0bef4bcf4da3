//! Loading of what is not planned ahead.

use std::{
    any::{Any, TypeId},
    collections::HashMap,
    marker::PhantomData,
    sync::{Arc, Mutex, PoisonError},
};

use async_graphql::Context;
use dataloader::{BatchFn, non_cached::Loader};
use kernel::Error;

use super::{Answer, Batch, wave};
use crate::scope::Scope;

/// What a batch method answers to `key`, loaded together with what other resolvers ask at the same time.
pub(super) async fn load<B: Batch>(ctx: &Context<'_>, key: B::Key) -> Answer<B::Value> {
    let loaders = ctx.data_unchecked::<Loaders>();
    let fallback = || Arc::new(Error::internal("a batch method did not answer a question"));
    loaders.of::<B>(Scope::of(ctx)).try_load(key).await.unwrap_or_else(|_| Err(fallback()))
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
        let answers = wave::load::<B>(&self.0, keys, None).await;
        keys.iter().cloned().zip(answers).collect()
    }
}
