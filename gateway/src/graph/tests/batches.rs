//! What fields lead to is loaded by methods that the contracts mark as batch methods.

use std::collections::{BTreeSet, HashSet};

use async_graphql::{
    Variables,
    parser::{
        parse_query, parse_schema,
        types::{BaseType, Type, TypeDefinition, TypeKind, TypeSystemDefinition},
    },
};

use crate::read;

/// The name of the type in a list of it, or in a list of those.
fn named(r#type: &Type) -> &str {
    match &r#type.base {
        BaseType::Named(name) => name,
        BaseType::List(of) => named(of),
    }
}

/// All fields of an object, and of what they lead to, but for objects that were seen before.
fn everything(types: &[TypeDefinition], name: &str, seen: &mut HashSet<String>) -> String {
    let found = types.iter().find(|definition| definition.name.node == name);
    match found.map(|definition| &definition.kind) {
        Some(TypeKind::Object(object)) if seen.insert(name.to_owned()) => {
            let fields = object.fields.iter().map(|field| {
                let field = &field.node;
                format!("{} {}", field.name.node, everything(types, named(&field.ty.node), seen))
            });
            format!("{{ {} }}", fields.collect::<Vec<_>>().join(" "))
        }
        Some(TypeKind::Object(_) | TypeKind::Interface(_)) => "{ __typename }".to_owned(),
        _ => String::new(),
    }
}

#[test]
fn whatever_a_list_can_reach_is_loaded_by_a_method_that_its_contract_marks_as_a_batch() {
    let definitions = parse_schema(crate::graph::sdl()).unwrap().definitions.into_iter();
    let types: Vec<_> = definitions
        .filter_map(|definition| match definition {
            TypeSystemDefinition::Type(definition) => Some(definition.node),
            _ => None,
        })
        .collect();
    let document = parse_query(everything(&types, "Query", &mut HashSet::new())).unwrap();
    let (_, operation) = document.operations.iter().next().unwrap();
    let (batches, single) = read::Query::plan(&operation.node, &document.fragments, &Variables::default()).calls().below_root();

    assert!(single.is_empty(), "methods that take one question are called as often as a list has items: {single:?}");
    let marked: BTreeSet<String> = contracts::methods()
        .iter()
        .filter(|method| method.batch.is_some() && method.no_side_effects)
        .map(|method| format!("{}.{}", method.service.split('.').nth(1).unwrap(), snake(&method.name)))
        .collect();
    let unmarked: Vec<_> = batches.iter().filter(|method| !marked.contains(**method)).collect();
    assert!(unmarked.is_empty(), "not marked in proto/ as a batch without side effects: {unmarked:?}");
    for entity in ["auth.batch_get_accounts", "employee.batch_get_employees", "customer.batch_get_customers", "order.batch_list_orders"] {
        assert!(batches.contains(entity), "{entity} is among {batches:?}");
    }
}

fn snake(name: &str) -> String {
    let mut snake = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.extend(letter.to_lowercase());
    }
    snake
}
