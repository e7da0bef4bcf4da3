//! What the fields of objects are.

use std::{fmt, marker::PhantomData};

use async_graphql::{Context, ID, OutputType};
use contracts::view::Str;
use futures::future::join_all;

use super::{Calls, Collected, Compiler, Object, ObjectPlan, Reads, Wave, Writer, notes::Note};

/// The value of a field: how it is planned, loaded, written; and how it is resolved by async-graphql where it is not planned.
pub(crate) trait Value: Sized + Send {
    /// What was selected on it.
    type Plan: Send + Sync + 'static;
    /// What async-graphql takes it for.
    type Output: OutputType;

    /// Plans what was selected.
    fn plan(field: &Collected<'_>, compiler: &Compiler<'_>) -> Self::Plan;

    /// Whether the plan makes calls.
    fn leads(_plan: &Self::Plan) -> bool {
        false
    }

    /// Says which calls the plan makes for a value that was loaded on that level.
    fn calls(_plan: &Self::Plan, _level: usize, _calls: &mut Calls) {}

    /// Says which fields of the entity's message the plan reads, where it leads to the entity.
    fn reads(_plan: &Self::Plan, _reads: &mut Reads) {}

    /// Those `fields` that the plan reads of the one field of a message that this is the value of: all, but where it is a message whose
    /// fields are asked for one by one.
    fn reads_of(_plan: &Self::Plan, fields: u64) -> u64 {
        fields
    }

    /// Says what is still to be loaded for it.
    fn wants(&self, _plan: &Self::Plan, _wave: &mut Wave<'_>) {}

    /// Writes it.
    fn write<'p>(&self, plan: &'p Self::Plan, out: &mut Writer<'p>);

    /// Whether all of it was [noted](super::notes) as it was followed, so that it is written without the value.
    const NOTED: bool = false;

    /// Writes what was noted.
    fn write_noted<'p>(_plan: &'p Self::Plan, out: &mut Writer<'p>) {
        out.null();
    }

    /// Resolves it.
    fn resolve(self, ctx: &Context<'_>) -> impl Future<Output = Self::Output> + Send;
}

/// Declares values that have no fields.
macro_rules! leaf {
    ($($(#[$meta:meta])* $value:ty as $output:ty = |$it:ident| $resolved:expr, |$out:ident| $written:expr;)*) => {
        $($(#[$meta])* impl $crate::read::Value for $value {
            type Plan = ();
            type Output = $output;

            fn plan(_: &$crate::read::Collected<'_>, _: &$crate::read::Compiler<'_>) {}

            fn write<'p>(&self, (): &'p (), $out: &mut $crate::read::Writer<'p>) {
                let $it = self;
                $written;
            }

            async fn resolve(self, _: &::async_graphql::Context<'_>) -> Self::Output {
                let $it = self;
                $resolved
            }
        })*
    };
}
pub(crate) use leaf;

leaf! {
    &str as Self = |it| it, |out| out.string(*it);
    Str<'_> as String = |it| it.as_str().to_owned(), |out| out.string(*it);
    String as Self = |it| it, |out| out.string(it.as_str());
    ID as Self = |it| it, |out| out.string(it.as_str());
    bool as Self = |it| it, |out| out.truth(*it);
    i32 as Self = |it| it, |out| out.number(*it);
    u32 as Self = |it| it, |out| out.number(*it);
    u64 as Self = |it| it, |out| out.number(*it);
    Words<'_> as String = |it| it.0.map(Str::as_str).join(" "), |out| out.string_of(it.0, " ");
}

/// A text of two words.
pub(crate) struct Words<'a>(pub(crate) [Str<'a>; 2]);

/// What has a text in which JSON would escape nothing.
pub(crate) trait Show {
    /// Writes the text.
    fn show(&self, out: &mut Vec<u8>);
}

/// What a custom scalar shows of a `T`.
pub(crate) struct Shown<T, S>(T, PhantomData<fn() -> S>);

impl<T, S> Shown<T, S> {
    pub(crate) fn of(value: T) -> Self {
        Self(value, PhantomData)
    }
}

impl<T: fmt::Display, S> fmt::Display for Shown<T, S> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}

impl<T: Show + fmt::Display + Send, S: OutputType + From<String>> Value for Shown<T, S> {
    type Plan = ();
    type Output = S;

    fn plan(_: &Collected<'_>, _: &Compiler<'_>) {}

    fn write<'p>(&self, (): &'p (), out: &mut Writer<'p>) {
        out.shown(&self.0);
    }

    async fn resolve(self, _: &Context<'_>) -> S {
        S::from(self.0.to_string())
    }
}

/// The text of a custom scalar, as a message has it.
pub(crate) struct Text<'a, S>(Str<'a>, PhantomData<fn() -> S>);

impl<'a, S> Text<'a, S> {
    pub(crate) fn of(text: Str<'a>) -> Self {
        Self(text, PhantomData)
    }

    /// `None` for the empty text, which a message has where there is none.
    pub(crate) fn optional(text: Str<'a>) -> Option<Self> {
        (!text.is_empty()).then(|| Self::of(text))
    }
}

impl<S: OutputType + From<String>> Value for Text<'_, S> {
    type Plan = ();
    type Output = S;

    fn plan(_: &Collected<'_>, _: &Compiler<'_>) {}

    fn write<'p>(&self, (): &'p (), out: &mut Writer<'p>) {
        out.string(self.0);
    }

    async fn resolve(self, _: &Context<'_>) -> S {
        S::from(self.0.as_str().to_owned())
    }
}

impl<T: Value + Sync> Value for Option<T> {
    type Plan = T::Plan;
    type Output = Option<T::Output>;

    fn plan(field: &Collected<'_>, compiler: &Compiler<'_>) -> T::Plan {
        T::plan(field, compiler)
    }

    fn leads(plan: &T::Plan) -> bool {
        T::leads(plan)
    }

    fn calls(plan: &T::Plan, level: usize, calls: &mut Calls) {
        T::calls(plan, level, calls);
    }

    fn reads(plan: &T::Plan, reads: &mut Reads) {
        T::reads(plan, reads);
    }

    fn reads_of(plan: &T::Plan, fields: u64) -> u64 {
        T::reads_of(plan, fields)
    }

    fn wants(&self, plan: &T::Plan, wave: &mut Wave<'_>) {
        if let Some(value) = self {
            value.wants(plan, wave);
        }
    }

    fn write<'p>(&self, plan: &'p T::Plan, out: &mut Writer<'p>) {
        match self {
            Some(value) => value.write(plan, out),
            None => out.null(),
        }
    }

    async fn resolve(self, ctx: &Context<'_>) -> Option<T::Output> {
        match self {
            Some(value) => Some(value.resolve(ctx).await),
            None => None,
        }
    }
}

impl<T: Value + Sync> Value for Vec<T> {
    type Plan = T::Plan;
    type Output = Vec<T::Output>;
    const NOTED: bool = T::NOTED;

    fn plan(field: &Collected<'_>, compiler: &Compiler<'_>) -> T::Plan {
        T::plan(field, compiler)
    }

    fn leads(plan: &T::Plan) -> bool {
        T::leads(plan)
    }

    fn calls(plan: &T::Plan, level: usize, calls: &mut Calls) {
        T::calls(plan, level, calls);
    }

    fn reads(plan: &T::Plan, reads: &mut Reads) {
        T::reads(plan, reads);
    }

    fn wants(&self, plan: &T::Plan, wave: &mut Wave<'_>) {
        if T::NOTED {
            wave.note(Note::List(self.len()));
        }
        self.iter().for_each(|item| item.wants(plan, wave));
    }

    fn write<'p>(&self, plan: &'p T::Plan, out: &mut Writer<'p>) {
        if T::NOTED {
            return Self::write_noted(plan, out);
        }
        out.list(self, |item, out| item.write(plan, out));
    }

    fn write_noted<'p>(plan: &'p T::Plan, out: &mut Writer<'p>) {
        let items = if let Some(Note::List(items)) = out.note() { *items } else { 0 };
        out.list(0..items, |_, out| T::write_noted(plan, out));
    }

    async fn resolve(self, ctx: &Context<'_>) -> Vec<T::Output> {
        join_all(self.into_iter().map(|item| item.resolve(ctx))).await
    }
}

impl<T: Value<Output = T> + OutputType + Sync> Value for &[T] {
    type Plan = T::Plan;
    type Output = Self;

    fn plan(field: &Collected<'_>, compiler: &Compiler<'_>) -> T::Plan {
        T::plan(field, compiler)
    }

    fn leads(plan: &T::Plan) -> bool {
        T::leads(plan)
    }

    fn calls(plan: &T::Plan, level: usize, calls: &mut Calls) {
        T::calls(plan, level, calls);
    }

    fn reads(plan: &T::Plan, reads: &mut Reads) {
        T::reads(plan, reads);
    }

    fn wants(&self, plan: &T::Plan, wave: &mut Wave<'_>) {
        self.iter().for_each(|item| item.wants(plan, wave));
    }

    fn write<'p>(&self, plan: &'p T::Plan, out: &mut Writer<'p>) {
        out.list(self.iter(), |item, out| item.write(plan, out));
    }

    async fn resolve(self, _: &Context<'_>) -> Self {
        self
    }
}

impl<O: Object + Value<Plan = ObjectPlan<<O as Object>::Field>> + OutputType> Value for &O {
    type Plan = O::Plan;
    type Output = Self;

    fn plan(field: &Collected<'_>, compiler: &Compiler<'_>) -> O::Plan {
        O::plan(field, compiler)
    }

    fn leads(plan: &O::Plan) -> bool {
        plan.leads()
    }

    fn calls(plan: &O::Plan, level: usize, calls: &mut Calls) {
        plan.calls::<O>(level, calls);
    }

    fn reads(plan: &O::Plan, reads: &mut Reads) {
        plan.reads::<O>(reads);
    }

    fn wants(&self, plan: &O::Plan, wave: &mut Wave<'_>) {
        plan.wants(*self, wave);
    }

    fn write<'p>(&self, plan: &'p O::Plan, out: &mut Writer<'p>) {
        plan.write(*self, out);
    }

    async fn resolve(self, _: &Context<'_>) -> Self {
        self
    }
}
