//! The difference of two JSON objects, for people.

use std::collections::BTreeSet;

use serde_json::{Map, Value as Json};

use super::FieldChange;

/// What is different in `after`, without the top-level fields `id`, `version` and those left out.
pub(crate) fn diff(before: &Map<String, Json>, after: &Map<String, Json>, left_out: &[&str]) -> Vec<FieldChange> {
    let mut changes = Vec::new();
    for name in names(Some(before), Some(after)) {
        if name != "id" && name != "version" && !left_out.contains(&name) {
            compare(name, before.get(name), after.get(name), &mut changes);
        }
    }
    changes
}

type Fields<'a> = Option<&'a Map<String, Json>>;

fn names<'a>(before: Fields<'a>, after: Fields<'a>) -> BTreeSet<&'a str> {
    before.into_iter().chain(after).flat_map(Map::keys).map(String::as_str).collect()
}

/// Goes down into objects and lists of objects; anything else is compared as a whole.
fn compare(path: &str, before: Option<&Json>, after: Option<&Json>, changes: &mut Vec<FieldChange>) {
    let (before, after) = (something(before), something(after));
    if before == after {
        return;
    }
    if let (Some(before), Some(after)) = (as_object(before), as_object(after)) {
        for name in names(before, after) {
            compare(
                &format!("{path}.{name}"),
                before.and_then(|fields| fields.get(name)),
                after.and_then(|fields| fields.get(name)),
                changes,
            );
        }
    } else if let (Some(before), Some(after)) = (as_objects(before), as_objects(after)) {
        compare_lists(path, before, after, changes);
    } else {
        changes.push(FieldChange { field: path.to_owned(), from: before.map(text), to: after.map(text) });
    }
}

/// Elements belong together by their `id`; where one has none, by their place.
fn compare_lists(path: &str, before: &[Json], after: &[Json], changes: &mut Vec<FieldChange>) {
    let by_id = before.iter().chain(after).all(|element| element.get("id").is_some());
    let partner = |element: &Json, at: usize, others: &[Json]| match by_id {
        true => others.iter().position(|other| other["id"] == element["id"]),
        false => (at < others.len()).then_some(at),
    };
    for (at, element) in after.iter().enumerate() {
        let earlier = partner(element, at, before).and_then(|at| before.get(at));
        compare(&format!("{path}[{at}]"), earlier, Some(element), changes);
    }
    for (at, element) in before.iter().enumerate() {
        if partner(element, at, after).is_none() {
            compare(&format!("{path}[{at}]"), Some(element), None, changes);
        }
    }
}

/// Null and an empty list or object are nothing.
fn something(json: Option<&Json>) -> Option<&Json> {
    json.filter(|json| match json {
        Json::Null => false,
        Json::Array(items) => !items.is_empty(),
        Json::Object(fields) => !fields.is_empty(),
        _ => true,
    })
}

/// Its fields where it is an object; no fields for nothing, so that what is added or removed is told field by field.
fn as_object(json: Option<&Json>) -> Option<Fields<'_>> {
    match json {
        None => Some(None),
        Some(json) => json.as_object().map(Some),
    }
}

/// The elements of a list that has objects only; no elements for nothing.
fn as_objects(json: Option<&Json>) -> Option<&[Json]> {
    match json {
        None => Some(&[]),
        Some(json) => json.as_array().map(Vec::as_slice).filter(|items| items.iter().all(Json::is_object)),
    }
}

fn text(json: &Json) -> String {
    match json {
        Json::String(text) => text.clone(),
        json => json.to_string(),
    }
}
