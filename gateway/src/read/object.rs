//! Plans of objects.

use std::{borrow::Cow, ops::Range};

use async_graphql::{Name, parser::types::SelectionSet};

use super::{Calls, Collected, Compiler, Reads, Wave, Writer};

/// An object of the graph; declared by [`object`](macro@super::object).
pub(crate) trait Object: Sized {
    /// A field in a plan.
    type Field: Send + Sync + 'static;
    /// The interfaces that it implements.
    const INTERFACES: &'static [&'static str];
    /// The [paths](contracts::mask::Fields::PATHS) of the message that it shows, where it is an entity, or a part of one whose fields
    /// are asked for one by one.
    const PATHS: &'static [&'static str] = &[];

    /// The type's name.
    fn name() -> Cow<'static, str>;

    /// Plans a field; `None` for one that is none of its own.
    fn compile(field: &Collected<'_>, compiler: &Compiler<'_>) -> Option<Self::Field>;

    /// Whether the field makes calls.
    fn leads(field: &Self::Field) -> bool;

    /// Says which calls the field makes for an object that was loaded on that level.
    fn calls(field: &Self::Field, level: usize, calls: &mut Calls);

    /// Says which fields of its message the field reads.
    fn reads(field: &Self::Field, reads: &mut Reads);

    /// Says what a field that leads on needs.
    fn wants(&self, field: &Self::Field, wave: &mut Wave<'_>);

    /// Writes the field's value.
    fn write<'p>(&self, field: &'p Self::Field, out: &mut Writer<'p>);
}

/// What was selected on an object, in the order of the answer.
pub(crate) struct ObjectPlan<F> {
    name: Cow<'static, str>,
    fields: Vec<Planned<F>>,
    /// The names of the fields in the answer, each as it is written behind another field: `,"name":`.
    keys: Vec<u8>,
    /// The places of those that lead to what is still to be loaded.
    leading: Vec<usize>,
}

struct Planned<F> {
    key: Key,
    /// `None` for `__typename`, the one field that every object has.
    field: Option<F>,
}

/// A field's name in the answer.
struct Key {
    name: Name,
    /// Where it stands in the plan's keys.
    written: Range<usize>,
}

impl<F> ObjectPlan<F> {
    /// Plans what `sets` select.
    pub(crate) fn compile<O: Object<Field = F>>(sets: &[&SelectionSet], compiler: &Compiler<'_>) -> Self {
        let name = O::name();
        let collected = compiler.collect(sets, &name, O::INTERFACES);
        let mut keys = Vec::with_capacity(16 * collected.len());
        let mut planned = |field: Collected<'_>| {
            let begin = keys.len();
            // There is nothing to be escaped in a name.
            [b",\"", field.key.as_bytes(), b"\":"].into_iter().for_each(|part| keys.extend_from_slice(part));
            Planned { key: Key { name: field.key.clone(), written: begin..keys.len() }, field: O::compile(&field, compiler) }
        };
        let fields: Vec<_> = collected.into_iter().map(&mut planned).collect();
        let leads = |planned: &Planned<F>| planned.field.as_ref().is_some_and(O::leads);
        let leading = (0..fields.len()).filter(|place| leads(&fields[*place])).collect();
        Self { name, fields, keys, leading }
    }

    /// Whether it makes calls.
    pub(crate) fn leads(&self) -> bool {
        !self.leading.is_empty()
    }

    /// Says which calls it makes for an object that was loaded on that level.
    pub(crate) fn calls<O: Object<Field = F>>(&self, level: usize, calls: &mut Calls) {
        self.leading().for_each(|field| O::calls(field, level, calls));
    }

    /// Says which fields of its message it reads.
    pub(crate) fn reads<O: Object<Field = F>>(&self, reads: &mut Reads) {
        self.fields.iter().filter_map(|planned| planned.field.as_ref()).for_each(|field| O::reads(field, reads));
    }

    /// Those `fields` of the message in which it stands that it reads.
    pub(crate) fn reads_of<O: Object<Field = F>>(&self, fields: u64) -> u64 {
        if usize::try_from(fields.count_ones()).ok() != Some(O::PATHS.len()) {
            return fields;
        }
        let mut reads = Reads::default();
        self.reads::<O>(&mut reads);
        reads.of_part(fields)
    }

    /// The fields that lead to what is still to be loaded.
    fn leading(&self) -> impl Iterator<Item = &F> {
        self.leading.iter().filter_map(|place| self.fields.get(*place)?.field.as_ref())
    }

    pub(crate) fn wants<O: Object<Field = F>>(&self, object: &O, wave: &mut Wave<'_>) {
        self.leading().for_each(|field| object.wants(field, wave));
    }

    pub(crate) fn write<'p, O: Object<Field = F>>(&'p self, object: &O, out: &mut Writer<'p>) {
        out.object(
            &self.fields,
            |planned| (&planned.key.name, self.keys.get(planned.key.written.clone()).unwrap_or_default()),
            |planned, out| match &planned.field {
                Some(field) => object.write(field, out),
                None => out.string(&*self.name),
            },
        );
    }
}
