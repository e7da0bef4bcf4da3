//! From a document's selections to plans.

use std::collections::HashMap;

use async_graphql::{
    InputType, Name, Pos, Positioned, ServerError, Variables,
    parser::types::{Directive, Field, FragmentDefinition, Selection, SelectionSet},
};
use async_graphql_value::{ConstValue, Value};
use foldhash::fast::RandomState;
use indexmap::{IndexMap, map::Entry};

/// What selections mean: the document's fragments, and the variables of the request.
pub(crate) struct Compiler<'d> {
    pub(crate) fragments: &'d HashMap<Name, Positioned<FragmentDefinition>>,
    /// With the defaults of those that were not sent; what is not here was not given.
    pub(crate) variables: &'d Variables,
}

/// A field of an object, with all of its occurrences merged.
pub(crate) struct Collected<'d> {
    /// The field's name.
    pub(crate) name: &'d str,
    /// Its name in the answer.
    pub(crate) key: &'d Name,
    /// Where it stands first.
    pub(crate) position: Pos,
    arguments: &'d [(Positioned<Name>, Positioned<Value>)],
    /// What is selected on its value.
    pub(crate) sets: Vec<&'d SelectionSet>,
}

impl<'d> Compiler<'d> {
    /// The fields that `sets` select on an object of the type `name`, in the order of the answer.
    ///
    /// `CollectFields` and `MergeSelectionSets` of the specification (sections 6.3.2 and 6.4.3). Validation has seen to it that
    /// occurrences under one name in the answer agree.
    pub(crate) fn collect(&self, sets: &[&'d SelectionSet], name: &str, interfaces: &[&str]) -> Vec<Collected<'d>> {
        let mut fields = IndexMap::with_capacity_and_hasher(sets.iter().map(|set| set.items.len()).sum(), RandomState::default());
        for set in sets {
            self.gather(set, &|condition| condition == name || interfaces.contains(&condition), &mut fields);
        }
        fields.into_values().collect()
    }

    fn gather(&self, set: &'d SelectionSet, applies: &impl Fn(&str) -> bool, fields: &mut IndexMap<&'d Name, Collected<'d>, RandomState>) {
        for item in &set.items {
            if !self.includes(item.node.directives()) {
                continue;
            }
            match &item.node {
                Selection::Field(field) => {
                    let field = &field.node;
                    match fields.entry(&field.response_key().node) {
                        Entry::Occupied(mut first) => first.get_mut().sets.extend(selected(field)),
                        Entry::Vacant(place) => {
                            let key = *place.key();
                            place.insert(Collected {
                                name: &field.name.node,
                                key,
                                position: item.pos,
                                arguments: &field.arguments,
                                sets: selected(field).into_iter().collect(),
                            });
                        }
                    }
                }
                Selection::InlineFragment(fragment) => {
                    if fragment.node.type_condition.as_ref().is_none_or(|condition| applies(&condition.node.on.node)) {
                        self.gather(&fragment.node.selection_set.node, applies, fields);
                    }
                }
                Selection::FragmentSpread(spread) => {
                    // Validation has refused unknown fragments and cycles.
                    if let Some(fragment) = self.fragments.get(&spread.node.fragment_name.node)
                        && applies(&fragment.node.type_condition.node.on.node)
                    {
                        self.gather(&fragment.node.selection_set.node, applies, fields);
                    }
                }
            }
        }
    }

    /// Whether `@skip` and `@include` leave it in.
    fn includes(&self, directives: &[Positioned<Directive>]) -> bool {
        directives.iter().all(|directive| {
            let given = || directive.node.get_argument("if").and_then(|value| self.constant(&value.node));
            match directive.node.name.node.as_str() {
                "skip" => given() != Some(ConstValue::Boolean(true)),
                // A condition has a value in every request; where there is none yet, it may have any.
                "include" => given() != Some(ConstValue::Boolean(false)),
                _ => true,
            }
        })
    }

    /// An argument's value; its type's reading of `null` where it was not given.
    pub(crate) fn argument<T: InputType>(&self, field: &Collected<'_>, name: &str) -> Result<T, ServerError> {
        let given = field.arguments.iter().find(|(argument, _)| argument.node == name);
        let value = given.and_then(|(_, value)| self.constant(&value.node));
        let position = given.map_or(field.position, |(_, value)| value.pos);
        T::parse(value).map_err(|error| error.into_server_error(position))
    }

    /// The value with its variables replaced; `None` where it is nothing but a variable that was not given.
    fn constant(&self, value: &Value) -> Option<ConstValue> {
        Some(match value {
            Value::Variable(name) => return self.variables.get(name).cloned(),
            // Sections 3.10 and 3.11 of the specification: an input field is as if it were not written, an item is null.
            Value::Object(fields) => {
                ConstValue::Object(fields.iter().filter_map(|(name, value)| Some((name.clone(), self.constant(value)?))).collect())
            }
            Value::List(items) => ConstValue::List(items.iter().map(|item| self.constant(item).unwrap_or_default()).collect()),
            other => other.clone().into_const()?,
        })
    }
}

/// What is selected on the field's value, where it has fields.
fn selected(field: &Field) -> Option<&SelectionSet> {
    Some(&field.selection_set.node).filter(|set| !set.items.is_empty())
}

#[cfg(test)]
mod tests;
