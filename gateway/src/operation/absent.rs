//! Variables that were not sent.
//!
//! By the specification (sections 3.10 and 6.4.1) an argument or an input field whose variable has neither a value nor a
//! default is as if it were not written. async-graphql takes it for null, with which an update would clear the field: so
//! it is taken out of the document before.

use std::collections::{HashMap, HashSet};

use async_graphql::{
    Name, Positioned,
    parser::types::{DocumentOperations, ExecutableDocument, FragmentDefinition, OperationDefinition, Selection, SelectionSet},
};
use async_graphql_value::Value;

/// The variables of `operation` that are nothing where no value is sent: those that may be null and have no default.
pub(super) fn without_default(operation: &OperationDefinition) -> Vec<Name> {
    let definitions = operation.variable_definitions.iter().map(|definition| &definition.node);
    let optional = definitions.filter(|definition| definition.default_value.is_none() && definition.var_type.node.nullable);
    optional.map(|definition| definition.name.node.clone()).collect()
}

/// Takes the arguments and input fields that are nothing but one of the `absent` variables out of `document`.
///
/// What `operation` doesn't use is taken out with them: it may go by the same fragments with other variables.
pub(super) fn leave_out(document: &mut ExecutableDocument, operation: Option<&str>, absent: &[Name]) {
    let definition = match &mut document.operations {
        DocumentOperations::Single(definition) => Some(&mut definition.node),
        DocumentOperations::Multiple(several) => {
            several.retain(|name, _| operation.is_none_or(|operation| operation == name));
            several.values_mut().next().map(|definition| &mut definition.node)
        }
    };
    let Some(definition) = definition else { return };
    let mut used = HashSet::new();
    spreads(&definition.selection_set.node, &document.fragments, &mut used);
    document.fragments.retain(|name, _| used.contains(name));

    definition.variable_definitions.retain(|definition| !absent.contains(&definition.node.name.node));
    in_selection(&mut definition.selection_set.node, absent);
    document.fragments.values_mut().for_each(|fragment| in_selection(&mut fragment.node.selection_set.node, absent));
}

/// Notes the fragments that are spread in a selection, and in those.
fn spreads(set: &SelectionSet, fragments: &HashMap<Name, Positioned<FragmentDefinition>>, used: &mut HashSet<Name>) {
    for selection in &set.items {
        match &selection.node {
            Selection::Field(field) => spreads(&field.node.selection_set.node, fragments, used),
            Selection::InlineFragment(fragment) => spreads(&fragment.node.selection_set.node, fragments, used),
            Selection::FragmentSpread(spread) => {
                let name = &spread.node.fragment_name.node;
                if used.insert(name.clone())
                    && let Some(fragment) = fragments.get(name)
                {
                    spreads(&fragment.node.selection_set.node, fragments, used);
                }
            }
        }
    }
}

fn in_selection(set: &mut SelectionSet, absent: &[Name]) {
    for selection in &mut set.items {
        match &mut selection.node {
            Selection::Field(field) => {
                field.node.arguments.retain_mut(|(_, value)| is_given(&mut value.node, absent));
                in_selection(&mut field.node.selection_set.node, absent);
            }
            Selection::InlineFragment(fragment) => in_selection(&mut fragment.node.selection_set.node, absent),
            Selection::FragmentSpread(_) => {}
        }
    }
}

/// Whether a value is there at all; the fields within it that aren't are taken out.
fn is_given(value: &mut Value, absent: &[Name]) -> bool {
    match value {
        Value::Variable(name) => return !absent.contains(name),
        Value::Object(fields) => fields.retain(|_, value| is_given(value, absent)),
        // An item of a list is null then: the list keeps its length.
        Value::List(items) => items.iter_mut().filter_map(|item| (!is_given(item, absent)).then_some(item)).for_each(|item| {
            *item = Value::Null;
        }),
        _ => {}
    }
    true
}

#[cfg(test)]
mod tests {
    use async_graphql::{EmptyMutation, EmptySubscription, InputObject, MaybeUndefined, Object, Request, Schema, Variables};

    use super::*;

    #[derive(InputObject)]
    struct Change {
        name: MaybeUndefined<String>,
        tags: MaybeUndefined<Vec<Option<String>>>,
    }

    struct Root;

    #[Object]
    impl Root {
        async fn change(&self, input: Change, reason: MaybeUndefined<String>) -> String {
            format!("{:?} {:?} {:?}", input.name, input.tags, reason)
        }
    }

    async fn change(variables: Variables) -> String {
        let query = "
            query Change($name: String, $tag: String, $reason: String, $id: String = null) { ...Changed }
            query Other($name: String!, $tag: String!, $reason: String, $id: String) { ...Changed change(input: { name: $name }) ...Own }
            fragment Changed on Root { change(input: { name: $name, tags: [$tag, $id] }, reason: $reason) }
            fragment Own on Root { __typename }";
        let mut request = Request::new(query).operation_name("Change").variables(variables);
        let mut document = request.parsed_query().unwrap().clone();
        let (_, operation) = document.operations.iter().find(|(name, _)| name.is_some_and(|name| name == "Change")).unwrap();
        let mut absent = without_default(&operation.node);
        absent.retain(|name| !request.variables.contains_key(name));
        leave_out(&mut document, Some("Change"), &absent);
        request.set_parsed_query(document);
        let response = Schema::new(Root, EmptyMutation, EmptySubscription).execute(request).await;
        assert!(response.errors.is_empty(), "{:?}", response.errors);
        let data = response.data.into_json().unwrap();
        data["change"].as_str().unwrap().to_owned()
    }

    #[tokio::test]
    async fn what_a_variable_without_a_value_gives_is_not_given() {
        assert_eq!(change(Variables::default()).await, "Undefined Value([None, None]) Undefined");
    }

    #[tokio::test]
    async fn what_a_variable_gives_is_given_also_where_it_is_null() {
        let variables = Variables::from_json(serde_json::json!({ "name": null, "tag": "a", "reason": "b" }));
        assert_eq!(change(variables).await, r#"Null Value([Some("a"), None]) Value("b")"#);
    }
}
