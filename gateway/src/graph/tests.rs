mod batches;
mod differential;
mod mutations;
mod queries;
mod services;

use serde_json::Value as Json;

use super::*;

const INTROSPECTION: &str = "{
    __schema {
        types {
            name
            description
            fields(includeDeprecated: true) { name description args(includeDeprecated: true) { name description } }
            inputFields(includeDeprecated: true) { name description }
            enumValues(includeDeprecated: true) { name description }
        }
    }
}";

#[tokio::test]
async fn every_element_has_a_description() {
    let response = schema().execute(INTROSPECTION).await;
    assert!(response.errors.is_empty(), "{:?}", response.errors);
    let data = response.data.into_json().unwrap();
    let mut bare = Vec::new();
    // But for what the specification itself defines.
    let own = |kind: &&Json| !name(kind).starts_with("__") && !["Boolean", "Float", "ID", "Int", "String"].contains(&name(kind));
    for kind in items(&data["__schema"]["types"]).filter(own) {
        note(kind, "", &mut bare);
        for part in ["fields", "inputFields", "enumValues"] {
            for element in items(&kind[part]) {
                note(element, name(kind), &mut bare);
                items(&element["args"]).for_each(|argument| note(argument, &format!("{}.{}", name(kind), name(element)), &mut bare));
            }
        }
    }
    assert_eq!(bare, Vec::<String>::new());
}

fn items(list: &Json) -> impl Iterator<Item = &Json> {
    list.as_array().into_iter().flatten()
}

fn name(element: &Json) -> &str {
    element["name"].as_str().unwrap_or_default()
}

fn note(element: &Json, parent: &str, bare: &mut Vec<String>) {
    let described = element["description"].as_str().is_some_and(|text| text.len() > 3 && text.ends_with('.'));
    if !described {
        bare.push(format!("{parent}.{}", name(element)));
    }
}

#[test]
fn what_has_a_global_id_of_its_own_is_a_node() {
    let sdl = sdl();
    for name in ["Account", "Employee", "Customer", "Order"] {
        assert!(sdl.contains(&format!("type {name} implements Node {{")), "{name}");
    }
}
