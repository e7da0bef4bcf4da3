//! Fields whose value is loaded.

use std::{marker::PhantomData, sync::Arc};

use async_graphql::{Context, OutputType, Pos};
use kernel::Error;

use super::{Answer, Batch, Calls, Collected, Compiler, EntityId, Reads, Value, Wave, Writer, gather, wave::Visit};
use crate::graph::error::{Field, found, found_or_null};

/// A field whose value the batch method `B` answers; `V` is the form in which the graph has the answer.
///
/// It is null, with its own error, where the answer is one.
pub(crate) struct Link<B: Batch, V = <B as Batch>::Value> {
    /// `None` where there is nothing to be asked for.
    question: Option<kernel::Result<B::Key>>,
    /// Whether what is not found is null without an error.
    optional: bool,
    form: PhantomData<fn() -> V>,
}

impl<B: Batch, V> Link<B, V> {
    /// Asks the question; a question that can't be asked is the field's error.
    pub(crate) fn ask(question: kernel::Result<B::Key>) -> Self {
        Self { question: Some(question), optional: false, form: PhantomData }
    }

    /// Nothing.
    pub(crate) fn none() -> Self {
        Self { question: None, optional: true, form: PhantomData }
    }
}

impl<B: Batch<Key = EntityId>, V> Link<B, V> {
    /// What has the identifier `id`.
    pub(crate) fn to(id: EntityId) -> Self {
        Self::ask(Ok(id))
    }

    /// What has the identifier `id`; null where there is no such thing, or the viewer may not know of it.
    pub(crate) fn to_if_there(id: EntityId) -> Self {
        Self { optional: true, ..Self::to(id) }
    }

    /// What has the identifier in a message; null as for [`to_if_there`](Self::to_if_there), and where the message has none.
    pub(crate) fn to_optional(id: &str) -> Self {
        if id.is_empty() {
            return Self::none();
        }
        let id = id.parse().map_err(|_| Error::internal("an identifier in a message is none"));
        Self { optional: true, ..Self::ask(id) }
    }
}

/// What was selected on the answers to the questions of a field.
pub(crate) struct LinkPlan<V: Value> {
    position: Pos,
    plan: V::Plan,
    /// Whether it makes calls for what was loaded.
    leads: bool,
}

impl<B: Batch, V: Value + From<B::Value> + Sync> Visit<B> for LinkPlan<V> {
    fn arrived(&self, answer: B::Value, wave: &mut Wave<'_>) {
        V::from(answer).wants(&self.plan, wave);
    }
}

impl<B: Batch, V: Value<Output = V> + OutputType + From<B::Value> + Sync + 'static> Value for Link<B, V> {
    type Plan = Arc<LinkPlan<V>>;
    type Output = Field<V>;

    fn plan(field: &Collected<'_>, compiler: &Compiler<'_>) -> Self::Plan {
        let plan = V::plan(field, compiler);
        Arc::new(LinkPlan { position: field.position, leads: V::leads(&plan), plan })
    }

    fn leads(_: &Self::Plan) -> bool {
        true
    }

    fn calls(plan: &Self::Plan, level: usize, calls: &mut Calls) {
        let mut reads = Reads::default();
        V::reads(&plan.plan, &mut reads);
        calls.add::<B>(level, reads);
        V::calls(&plan.plan, level + 1, calls);
    }

    fn wants(&self, plan: &Self::Plan, wave: &mut Wave<'_>) {
        if let Some(Ok(key)) = &self.question {
            wave.want::<B, _>(key, plan.leads.then_some(plan));
        }
    }

    fn write<'p>(&self, plan: &'p Self::Plan, out: &mut Writer<'p>) {
        match &self.question {
            None => out.null(),
            Some(Err(error)) => out.fail(error, plan.position),
            Some(Ok(key)) => match out.shelves().answer::<B>(key) {
                Some((place, Ok(answer))) => out.once(&**plan, place, |plan, out| V::from(answer.clone()).write(&plan.plan, out)),
                Some((_, Err(error))) if self.optional && matches!(**error, Error::NotFound { .. }) => out.null(),
                Some((_, Err(error))) => out.fail(error, plan.position),
                None => out.fail(&Error::internal("a batch method did not answer a question"), plan.position),
            },
        }
    }

    async fn resolve(self, ctx: &Context<'_>) -> Field<V> {
        let answer: Answer<B::Value> = match self.question? {
            Ok(key) => gather::load::<B>(ctx, key).await,
            Err(error) => Err(Arc::new(error)),
        };
        let answer = answer.map(V::from);
        if self.optional { found_or_null(answer) } else { found(answer) }
    }
}
