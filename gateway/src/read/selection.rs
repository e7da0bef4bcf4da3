//! The selection of an operation as an owned tree.

use std::sync::Arc;

use async_graphql::{Context, InputType, Name, Positioned, Value, context::QueryEnv, parser::types};

/// The fields selected on an object.
#[derive(Debug, Clone, Default)]
pub(crate) struct Selection(Arc<Vec<Selected>>);

/// A selected field.
#[derive(Debug)]
pub(crate) struct Selected {
    /// The field's name, not its alias.
    pub(crate) name: Name,
    /// The types on which fragments condition it; all of them must be met.
    conditions: Vec<Name>,
    arguments: Vec<(Name, Value)>,
    /// What is selected on its value.
    pub(crate) selection: Selection,
}

impl Selection {
    /// The selection of the operation that is being executed.
    ///
    /// The operation has passed validation, and what `@skip` and `@include` exclude is gone from it.
    pub(crate) fn of_operation(ctx: &Context<'_>) -> Self {
        read(ctx.query_env, &ctx.query_env.operation.node.selection_set.node)
    }

    /// The fields that apply to an object of the type `name`, which implements `interfaces`.
    pub(crate) fn on<'a>(&'a self, name: &'a str, interfaces: &'a [&'a str]) -> impl Iterator<Item = &'a Selected> {
        self.0.iter().filter(move |field| {
            field.conditions.iter().all(|condition| condition == name || interfaces.iter().any(|interface| condition == *interface))
        })
    }

    /// Whether nothing is selected: then nothing below needs to be loaded.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Tells selections apart within one request.
    pub(super) fn identity(&self) -> usize {
        Arc::as_ptr(&self.0).addr()
    }
}

impl Selected {
    /// An argument's value; its type's reading of `null` where it was not given. `None` where it can't be read:
    /// then the resolver says so.
    pub(crate) fn argument<T: InputType>(&self, name: &str) -> Option<T> {
        let value = self.arguments.iter().find(|(argument, _)| argument == name).map(|(_, value)| value.clone());
        T::parse(value).ok()
    }

    /// What is selected on the objects of a connection: under `nodes`, and under `edges { node }`.
    pub(crate) fn connection_nodes(&self) -> impl Iterator<Item = &Selection> {
        let edges = self.selection.0.iter().filter(|field| field.name == "edges");
        let nodes = edges.flat_map(|edge| edge.selection.0.iter().filter(|field| field.name == "node"));
        nodes.chain(self.selection.0.iter().filter(|field| field.name == "nodes")).map(|field| &field.selection)
    }
}

fn read(env: &QueryEnv, set: &types::SelectionSet) -> Selection {
    let mut fields = Vec::with_capacity(set.items.len());
    gather(env, set, &[], &mut fields);
    Selection(Arc::new(fields))
}

fn gather(env: &QueryEnv, set: &types::SelectionSet, conditions: &[Name], fields: &mut Vec<Selected>) {
    for item in &set.items {
        match &item.node {
            types::Selection::Field(field) => fields.push(Selected {
                name: field.node.name.node.clone(),
                conditions: conditions.to_vec(),
                arguments: field.node.arguments.iter().filter_map(|argument| read_argument(env, argument)).collect(),
                selection: read(env, &field.node.selection_set.node),
            }),
            types::Selection::InlineFragment(fragment) => {
                let condition = fragment.node.type_condition.as_ref().map(|condition| condition.node.on.node.clone());
                gather(env, &fragment.node.selection_set.node, &with(conditions, condition), fields);
            }
            types::Selection::FragmentSpread(spread) => {
                // Validation has refused unknown fragments and cycles.
                if let Some(fragment) = env.fragments.get(&spread.node.fragment_name.node) {
                    let condition = fragment.node.type_condition.node.on.node.clone();
                    gather(env, &fragment.node.selection_set.node, &with(conditions, Some(condition)), fields);
                }
            }
        }
    }
}

fn with(conditions: &[Name], more: Option<Name>) -> Vec<Name> {
    conditions.iter().cloned().chain(more).collect()
}

/// The argument with its variables replaced; `None` where it is a variable without a value.
fn read_argument(env: &QueryEnv, (name, value): &(Positioned<Name>, Positioned<async_graphql_value::Value>)) -> Option<(Name, Value)> {
    let lookup = |variable: Name| {
        let definition = env.operation.node.variable_definitions.iter().find(|d| d.node.name.node == variable)?;
        env.variables.get(&variable).or_else(|| definition.node.default_value()).cloned()
    };
    let value = value.node.clone().into_const_with(|variable| lookup(variable).ok_or(())).ok()?;
    Some((name.node.clone(), value))
}

#[cfg(test)]
mod tests;
