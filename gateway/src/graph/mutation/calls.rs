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

/// The types of what the fields of objects show.
pub(crate) struct Shown(HashMap<Name, HashMap<Name, Type>>);

impl Shown {
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

    fn of(&self, object: &str, field: &str) -> Option<&Name> {
        let mut shown = &self.0.get(object)?.get(field)?.base;
        loop {
            match shown {
                BaseType::Named(name) => return Some(name),
                BaseType::List(items) => shown = &items.base,
            }
        }
    }

    /// The most calls that a mutation which selects this makes: a command for each field, and what is asked for the payloads.
    pub(crate) fn calls(&self, set: &SelectionSet, compiler: &Compiler<'_>) -> usize {
        let commands = compiler.collect(&[set], "Mutation", &[]);
        commands.iter().map(|command| 1 + self.below("Mutation", command.name, &command.sets, compiler)).sum()
    }

    /// The most calls for what is selected on a field of an object that is no part of the read graph.
    fn below(&self, object: &str, field: &str, sets: &[&SelectionSet], compiler: &Compiler<'_>) -> usize {
        let Some(shown) = self.of(object, field) else { return 0 };
        read(shown, sets, compiler).unwrap_or_else(|| {
            let fields = compiler.collect(sets, shown, &[]);
            fields.iter().map(|field| self.below(shown, field.name, &field.sets, compiler)).sum()
        })
    }
}

/// The most calls for what is selected on an object of the read graph, of those that payloads show.
fn read(name: &str, sets: &[&SelectionSet], compiler: &Compiler<'_>) -> Option<usize> {
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
