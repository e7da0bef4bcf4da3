//! Reads fields of a document's JSON by their paths, for indexes and filters.

use std::{collections::BTreeSet, fmt};

use serde::{
    Deserializer,
    de::{DeserializeOwned, DeserializeSeed, IgnoredAny, IntoDeserializer as _, MapAccess, Visitor, value::UnitDeserializer},
    forward_to_deserialize_any,
};
use serde_json::{Map, Value as Json};

use crate::{
    document::{Collection, Index},
    error::{Error, Result},
    query::{Filter, Value},
};

/// The value, where it is of a kind that can be indexed.
pub(crate) fn scalar(json: &Json) -> Option<Value> {
    match json {
        Json::Null => Some(Value::Null),
        Json::Bool(flag) => Some(Value::Bool(*flag)),
        Json::Number(number) => number.as_i64().map(Value::Int),
        Json::String(text) => Some(Value::Text(text.clone())),
        Json::Array(_) | Json::Object(_) => None,
    }
}

/// The top-level field of a path.
pub(crate) fn top(path: &str) -> &str {
    path.split_once('.').map_or(path, |(top, _)| top)
}

/// The values at a path: one, or one per element of an array; null for nothing. `None` where one can't be indexed.
pub(crate) fn values(body: &Map<String, Json>, path: &str) -> Option<Vec<Value>> {
    let (top, inner) = path.split_once('.').map_or((path, None), |(top, inner)| (top, Some(inner)));
    let mut found = Vec::new();
    match (body.get(top), inner) {
        (None, _) => {}
        (Some(json), None) => elements(json, &mut found)?,
        (Some(Json::Array(objects)), Some(inner)) => {
            for object in objects {
                elements(object.get(inner).unwrap_or(&Json::Null), &mut found)?;
            }
        }
        (Some(json), Some(inner)) => elements(json.get(inner).unwrap_or(&Json::Null), &mut found)?,
    }
    if found.is_empty() {
        found.push(Value::Null);
    }
    Some(found)
}

fn elements(json: &Json, found: &mut Vec<Value>) -> Option<()> {
    match json {
        Json::Array(items) => found.extend(items.iter().map(scalar).collect::<Option<Vec<_>>>()?),
        json => found.push(scalar(json)?),
    }
    Some(())
}

fn is_array(body: &Map<String, Json>, path: &str) -> bool {
    let inner = |json: &Json| path.split_once('.').and_then(|(_, inner)| json.get(inner)).is_some_and(Json::is_array);
    body.get(top(path)).is_some_and(|json| json.is_array() || inner(json))
}

/// The keys under which an index holds a document.
///
/// # Errors
/// [`Error::Internal`] where a field's value can't be indexed, or more than one field is an array.
pub(crate) fn keys(collection: &Collection, index: &Index, body: &Map<String, Json>) -> Result<BTreeSet<Vec<Value>>> {
    let fault = |what: &str| Error::internal(format!("index {} of {}: {what}", index.name, collection.name));
    let mut keys = BTreeSet::from([Vec::with_capacity(index.fields.len())]);
    let mut arrays = 0;
    for field in index.fields {
        let values = values(body, field).ok_or_else(|| fault(&format!("{field} is not null, a boolean, an integer or a text")))?;
        arrays += usize::from(is_array(body, field));
        if arrays > 1 {
            return Err(fault("more than one field is an array"));
        }
        keys = keys.iter().flat_map(|key| values.iter().map(|value| key.iter().chain([value]).cloned().collect())).collect();
    }
    if index.unique {
        keys.retain(|key| !key.contains(&Value::Null));
    }
    Ok(keys)
}

/// Whether a document satisfies a condition.
pub(crate) fn satisfies(body: &Map<String, Json>, filter: &Filter) -> bool {
    let Some(values) = values(body, filter.field()) else { return false };
    values.iter().any(|value| match filter {
        Filter::Eq(_, wanted) => value == wanted,
        Filter::In(_, wanted) => wanted.contains(value),
        Filter::Range { from, until, .. } => {
            *value != Value::Null && from.as_ref().is_none_or(|from| value >= from) && until.as_ref().is_none_or(|until| value < until)
        }
    })
}

/// Reads some top-level fields of a JSON object and passes over the others, which is several times as fast as reading all.
pub(crate) fn pick(body: &str, wanted: &[&str]) -> Result<Map<String, Json>> {
    struct Pick<'a>(&'a [&'a str]);

    impl<'de> Visitor<'de> for Pick<'_> {
        type Value = Map<String, Json>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Value, A::Error> {
            let mut picked = Map::new();
            while let Some(name) = object.next_key::<std::borrow::Cow<'_, str>>()? {
                if self.0.contains(&name.as_ref()) {
                    picked.insert(name.into_owned(), object.next_value()?);
                } else {
                    object.next_value::<IgnoredAny>()?;
                }
            }
            Ok(picked)
        }
    }

    serde_json::Deserializer::from_str(body)
        .deserialize_map(Pick(wanted))
        .map_err(|error| Error::internal(format!("a document can't be read: {error}")))
}

/// Reads a value of the fields wanted of a JSON object: it is given those and no others, and null for one that is not there.
pub(crate) fn read_only<T: DeserializeOwned>(collection: &Collection, body: &str, wanted: &[&'static str]) -> Result<T> {
    let mut json = serde_json::Deserializer::from_str(body);
    T::deserialize(Chosen { object: &mut json, wanted })
        .map_err(|error| Error::internal(format!("a document of {} can't be read: {error}", collection.name)))
}

/// An object's deserializer that gives only the fields wanted.
struct Chosen<'a, O> {
    object: O,
    wanted: &'a [&'static str],
}

impl<'de, O: Deserializer<'de>> Deserializer<'de> for Chosen<'_, O> {
    type Error = O::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, O::Error> {
        let Self { object, wanted } = self;
        object.deserialize_map(Choosing { visitor, wanted })
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct newtype_struct seq
        tuple tuple_struct map struct enum identifier ignored_any
    }
}

struct Choosing<'a, V> {
    visitor: V,
    wanted: &'a [&'static str],
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Choosing<'_, V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.visitor.expecting(f)
    }

    fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<V::Value, A::Error> {
        let Self { visitor, wanted } = self;
        visitor.visit_map(Choice { object, wanted, missing: wanted.iter().copied().map(Some).collect(), there: true })
    }
}

struct Choice<'a, A> {
    object: A,
    wanted: &'a [&'static str],
    /// In the places of those wanted, as long as they did not come.
    missing: Vec<Option<&'static str>>,
    /// Whether the value that comes next is the object's own.
    there: bool,
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Choice<'_, A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, A::Error> {
        while self.there {
            match self.object.next_key_seed(Name(self.wanted))? {
                Some(Some(at)) => {
                    self.missing[at] = None;
                    return seed.deserialize(self.wanted[at].into_deserializer()).map(Some);
                }
                Some(None) => drop(self.object.next_value::<IgnoredAny>()?),
                None => self.there = false,
            }
        }
        let missing = std::iter::from_fn(|| self.missing.pop()).flatten().next();
        missing.map(|name| seed.deserialize(name.into_deserializer())).transpose()
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        match self.there {
            true => self.object.next_value_seed(seed),
            false => seed.deserialize(UnitDeserializer::new()),
        }
    }
}

/// Reads the name of a field: its place among those wanted; `None` for one that is not.
struct Name<'a>(&'a [&'static str]);

impl<'de> DeserializeSeed<'de> for Name<'_> {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Name<'_> {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a field")
    }

    fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
        Ok(self.0.iter().position(|wanted| *wanted == name))
    }
}
