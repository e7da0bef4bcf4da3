//! How many calls a mutation makes, told before it is executed.

use std::collections::HashMap;

use async_graphql::{
    Name,
    parser::{
        parse_schema,
        types::{BaseType, SelectionSet, Type, TypeKind, TypeSystemDefinition},
    },
};

use crate::{
    graph::{
        account::Account,
        customer::{Customer, Note, Property},
        employee::{Employee, TimeOff},
        order::{Comment, Order},
    },
    read::{Calls, Compiler, Object, ObjectPlan},
};

const MUTATION: &str = "Mutation";

/// The types of the fields of objects.
pub(crate) struct FieldTypes(HashMap<Name, HashMap<Name, Type>>);

impl FieldTypes {
    /// Those of a schema.
    ///
    /// # Errors
    /// Where it is none.
    pub(crate) fn read(sdl: &str) -> Result<Self, async_graphql::parser::Error> {
        let objects = parse_schema(sdl)?.definitions.into_iter().filter_map(|definition| match definition {
            TypeSystemDefinition::Type(definition) => match definition.node.kind {
                TypeKind::Object(object) => {
                    let fields = object.fields.into_iter().map(|field| (field.node.name.node, field.node.ty.node));
                    Some((definition.node.name.node, fields.collect()))
                }
                _ => None,
            },
            _ => None,
        });
        Ok(Self(objects.collect()))
    }

    /// The type of the field, or of the items of its list.
    fn of(&self, object: &str, field: &str) -> Option<&Name> {
        let mut base = &self.0.get(object)?.get(field)?.base;
        loop {
            match base {
                BaseType::Named(name) => return Some(name),
                BaseType::List(items) => base = &items.base,
            }
        }
    }

    /// The most calls that a mutation which selects this makes: a command for each field, and what is asked for the payloads.
    pub(crate) fn calls(&self, set: &SelectionSet, compiler: &Compiler<'_>) -> usize {
        let fields = compiler.collect(&[set], MUTATION, &[]);
        let commands = fields.iter().filter(|field| self.of(MUTATION, field.name).is_some());
        commands.map(|command| 1 + self.below(MUTATION, command.name, &command.sets, compiler)).sum()
    }

    /// The most calls for what is selected on a field of an object that is no part of the read graph.
    fn below(&self, object: &str, field: &str, sets: &[&SelectionSet], compiler: &Compiler<'_>) -> usize {
        let Some(name) = self.of(object, field) else { return 0 };
        planned(name, sets, compiler).unwrap_or_else(|| {
            let fields = compiler.collect(sets, name, &[]);
            fields.iter().map(|field| self.below(name, field.name, &field.sets, compiler)).sum()
        })
    }
}

/// The most calls for what is selected on an object of the read graph, of those that payloads show.
fn planned(name: &str, sets: &[&SelectionSet], compiler: &Compiler<'_>) -> Option<usize> {
    fn calls<O: Object>(sets: &[&SelectionSet], compiler: &Compiler<'_>) -> usize {
        let mut calls = Calls::default();
        ObjectPlan::compile::<O>(sets, compiler).calls::<O>(0, &mut calls);
        calls.count_unplanned()
    }
    macro_rules! of {
        ($($object:ty),*) => {
            $(if <$object>::name() == name { Some(calls::<$object>(sets, compiler)) } else)* { None }
        };
    }
    of!(Account, Employee, TimeOff<'_>, Customer, Property<'_>, Note<'_>, Order, Comment<'_>)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use async_graphql::Variables;

    use super::*;

    #[test]
    fn every_object_of_the_read_graph_that_a_payload_shows_is_planned() {
        fn walk(types: &FieldTypes, name: &str, unplanned: &mut BTreeSet<String>) {
            let compiler = Compiler { fragments: &HashMap::new(), variables: &Variables::default() };
            let Some(fields) = types.0.get(name) else { return };
            if planned(name, &[], &compiler).is_none() && unplanned.insert(name.to_owned()) {
                fields.keys().filter_map(|field| types.of(name, field)).for_each(|shown| walk(types, shown, unplanned));
            }
        }
        let mut unplanned = BTreeSet::new();
        walk(&FieldTypes::read(&crate::graph::sdl()).unwrap(), MUTATION, &mut unplanned);
        unplanned.retain(|name| name != MUTATION && !name.ends_with("Payload"));
        assert_eq!(unplanned, BTreeSet::from(["Session", "UserError", "ErrorDetail"].map(str::to_owned)));
    }
}
