//! That answers are what they should be: without errors, and the same from all contestants.

use anyhow::{Context as _, bail};
use serde_json::Value;

/// The data of an answer that must have no errors.
pub(crate) fn data(body: &[u8]) -> anyhow::Result<Value> {
    let mut body: Value = serde_json::from_slice(body).context("an answer is not JSON")?;
    if let Some(errors) = body.get("errors") {
        bail!("answered with errors: {errors}");
    }
    Ok(body["data"].take())
}

/// Where two answers first differ, and how; `None` where they don't.
pub(crate) fn difference(one: &Value, other: &Value) -> Option<String> {
    fn at(path: &str, one: &Value, other: &Value) -> Option<String> {
        match (one, other) {
            (Value::Object(one), Value::Object(other)) => {
                let missing = other.keys().find(|key| !one.contains_key(*key)).map(|key| format!("{path}.{key} is in one of them only"));
                let differs = |(key, value): (&String, &Value)| match other.get(key) {
                    Some(counterpart) => at(&format!("{path}.{key}"), value, counterpart),
                    None => Some(format!("{path}.{key} is in one of them only")),
                };
                missing.or_else(|| one.iter().find_map(differs))
            }
            (Value::Array(one), Value::Array(other)) if one.len() == other.len() => {
                one.iter().zip(other).enumerate().find_map(|(n, (one, other))| at(&format!("{path}[{n}]"), one, other))
            }
            _ if one == other => None,
            _ => Some(format!("{path} is {one} and {other}")),
        }
    }
    at("data", one, other)
}
