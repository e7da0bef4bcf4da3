//! Fields whose value is loaded.

use std::{marker::PhantomData, sync::Arc};

use async_graphql::{Context, OutputType, Pos};
use contracts::view::Str;
use kernel::Error;

use super::{Answer, Batch, Calls, Collected, Compiler, EntityId, Reads, Value, Wave, Writer, gather, notes::Note, wave::Visit};
use crate::graph::error::{Field, found, found_or_null};

/// A field whose value the batch method `B` answers; `V` is the form in which the graph has the answer.
///
/// It is null, with its own error, where the answer is one.
pub(crate) struct Link<B: Batch, V = <B as Batch>::Value> {
    /// `None` where there is nothing to be asked for.
    question: Option<Answer<B::Key>>,
    /// Whether what is not found is null without an error.
    optional: bool,
    form: PhantomData<fn() -> V>,
}

impl<B: Batch, V> Link<B, V> {
    /// Asks the question; a question that can't be asked is the field's error.
    pub(crate) fn ask(question: kernel::Result<B::Key>) -> Self {
        Self { question: Some(question.map_err(Arc::new)), optional: false, form: PhantomData }
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
    pub(crate) fn to_optional(id: Str<'_>) -> Self {
        if id.is_empty() {
            return Self::none();
        }
        let id = EntityId::from_ascii(id.as_bytes()).map_err(|_| Error::internal("an identifier in a message is none"));
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

/// The form in which the graph has an answer `A`.
pub(crate) trait Form<A>: Sized {
    /// The answer in that form.
    fn of(answer: A) -> Self;

    /// Looks at the answer in that form.
    fn look<R>(answer: &A, look: impl FnOnce(&Self) -> R) -> R;
}

impl<B: Batch, V: Value + Form<B::Value> + Sync> Visit<B> for LinkPlan<V> {
    fn arrived(&self, answer: &B::Value, wave: &mut Wave<'_>) {
        V::look(answer, |answer| answer.wants(&self.plan, wave));
    }
}

impl<B: Batch, V: Value<Output = V> + OutputType + Form<B::Value> + Sync + 'static> Value for Link<B, V> {
    type Plan = Arc<LinkPlan<V>>;
    type Output = Field<V>;
    const NOTED: bool = true;

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
        let note = match &self.question {
            None => Note::Nothing,
            Some(Ok(key)) => Note::At { place: wave.want::<B, _>(key, plan.leads.then_some(plan)), optional: self.optional },
            Some(Err(error)) => Note::Failed(error.clone()),
        };
        wave.note(note);
    }

    fn write<'p>(&self, plan: &'p Self::Plan, out: &mut Writer<'p>) {
        Self::write_noted(plan, out);
    }

    fn write_noted<'p>(plan: &'p Self::Plan, out: &mut Writer<'p>) {
        let (place, optional) = match out.note() {
            Some(Note::At { place, optional }) => (*place, *optional),
            Some(Note::Failed(error)) => return out.fail(error, plan.position),
            Some(Note::Nothing) => return out.null(),
            Some(Note::List(_)) | None => return out.fail(&Error::internal("a field is written that was not followed"), plan.position),
        };
        match out.shelves().answer::<B>(place) {
            Some(Ok(answer)) => out.once(&**plan, place, |plan, out| V::look(answer, |answer| answer.write(&plan.plan, out))),
            Some(Err(error)) if optional && matches!(**error, Error::NotFound { .. }) => out.null(),
            Some(Err(error)) => out.fail(error, plan.position),
            None => out.fail(&Error::internal("a batch method did not answer a question"), plan.position),
        }
    }

    async fn resolve(self, ctx: &Context<'_>) -> Field<V> {
        let answer: Answer<B::Value> = match self.question? {
            Ok(key) => gather::load::<B>(ctx, key).await,
            Err(error) => Err(error),
        };
        let answer = answer.map(V::of);
        if self.optional { found_or_null(answer) } else { found(answer) }
    }
}
