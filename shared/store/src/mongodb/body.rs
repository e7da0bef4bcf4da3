//! Documents: JSON to BSON, and back to the same JSON.
//!
//! Fields keep their names at the top level, so that people can query them. A name that MongoDB could not hold or would take
//! for something else is written with percent escapes: `%`, `.` and NUL anywhere, `$` in front, and `_` in front at the top
//! level, where the adapter's own fields are. Integers are 64 bit, those beyond it decimals, other numbers doubles.

use std::borrow::Cow;

use ::mongodb::bson::{Binary, Bson, Decimal128, RawArrayBuf, RawBson, RawBsonRef, RawDocument, RawDocumentBuf, spec::BinarySubtype};
use kernel::CompanyId;
use serde::{
    Serialize, Serializer,
    ser::{Error as _, SerializeMap as _},
};
use serde_json::{Map, Value as Json};
use uuid::Uuid;

use crate::{
    error::{Error, Result},
    query::Value,
};

/// The adapter's own fields of a document.
pub(super) const ID: &str = "_id";
pub(super) const COMPANY: &str = "_id.company";
pub(super) const OWN_ID: &str = "_id.id";
pub(super) const VERSION: &str = "_version";

/// An identifier: binary, of the subtype for UUIDs. Its order is that of its bytes.
pub(super) fn uuid(id: Uuid) -> Binary {
    Binary { subtype: BinarySubtype::Uuid, bytes: id.as_bytes().to_vec() }
}

/// The `_id` of a document: identifiers are unique within company and collection.
pub(super) fn id(company: CompanyId, id: Uuid) -> RawDocumentBuf {
    let mut document = RawDocumentBuf::new();
    document.append("company", uuid(company.uuid()));
    document.append("id", uuid(id));
    document
}

/// A document as MongoDB keeps it.
pub(super) fn to_bson(company: CompanyId, own: Uuid, version: u64, fields: &Map<String, Json>) -> Result<RawDocumentBuf> {
    let mut document = RawDocumentBuf::new();
    document.append(ID, id(company, own));
    document.append(VERSION, signed(version)?);
    for (name, value) in fields {
        document.append(escape(name, true), bson(value)?);
    }
    Ok(document)
}

fn bson(json: &Json) -> Result<RawBson> {
    Ok(match json {
        Json::Null => RawBson::Null,
        Json::Bool(flag) => RawBson::Boolean(*flag),
        Json::String(text) => RawBson::String(text.clone()),
        Json::Number(number) => match (number.as_i64(), number.as_u64(), number.as_f64()) {
            (Some(number), ..) => RawBson::Int64(number),
            (None, Some(number), _) => RawBson::Decimal128(number.to_string().parse::<Decimal128>().map_err(Error::internal)?),
            (None, None, Some(number)) => RawBson::Double(number),
            (None, None, None) => return Err(Error::internal(format!("{number} is no number that can be stored"))),
        },
        Json::Array(items) => {
            let mut array = RawArrayBuf::new();
            for item in items {
                array.push(bson(item)?);
            }
            RawBson::Array(array)
        }
        Json::Object(fields) => RawBson::Document(object(fields)?),
    })
}

/// A JSON object as it stands in a field.
pub(super) fn object(fields: &Map<String, Json>) -> Result<RawDocumentBuf> {
    let mut document = RawDocumentBuf::new();
    for (name, value) in fields {
        document.append(escape(name, false), bson(value)?);
    }
    Ok(document)
}

/// A value of a filter or of a place in a list.
pub(super) fn value(value: &Value) -> Bson {
    match value {
        Value::Null => Bson::Null,
        Value::Bool(flag) => Bson::Boolean(*flag),
        Value::Int(number) => Bson::Int64(*number),
        Value::Text(text) => Bson::String(text.clone()),
    }
}

/// The value of a stored document in its sort field, which is no array.
pub(super) fn sort_value(document: &RawDocument, path: &str) -> Result<Value> {
    let (top, inner) = path.split_once('.').map_or((path, None), |(top, inner)| (top, Some(inner)));
    let at_top = document.get(top).map_err(Error::internal)?;
    let found = match (at_top, inner) {
        (Some(RawBsonRef::Document(object)), Some(inner)) => object.get(inner).map_err(Error::internal)?,
        (_, Some(_)) => None,
        (found, None) => found,
    };
    Ok(match found {
        Some(RawBsonRef::Boolean(flag)) => Value::Bool(flag),
        Some(RawBsonRef::Int64(number)) => Value::Int(number),
        Some(RawBsonRef::Int32(number)) => Value::Int(number.into()),
        Some(RawBsonRef::String(text)) => Value::Text(text.to_owned()),
        _ => Value::Null,
    })
}

/// The company and the identifier of a stored document.
pub(super) fn ids(document: &RawDocument) -> Result<(CompanyId, Uuid)> {
    let id = document.get_document(ID).map_err(Error::internal)?;
    Ok((CompanyId::from_uuid(uuid_at(id, "company")?), uuid_at(id, "id")?))
}

/// The identifier in a field.
pub(super) fn uuid_at(document: &RawDocument, field: &str) -> Result<Uuid> {
    let binary = document.get_binary(field).map_err(Error::internal)?;
    Uuid::from_slice(binary.bytes).map_err(Error::internal)
}

/// The version of a stored document.
pub(super) fn version(document: &RawDocument) -> Result<u64> {
    u64::try_from(document.get_i64(VERSION).map_err(Error::internal)?).map_err(Error::internal)
}

/// A version as it is stored.
pub(super) fn signed(number: u64) -> Result<i64> {
    i64::try_from(number).map_err(Error::internal)
}

/// The JSON text of a stored document.
pub(super) fn to_json(document: &RawDocument) -> Result<String> {
    let text = serde_json::to_string(&Fields { document, top: true });
    text.map_err(|error| Error::internal(format!("a document can't be read: {error}")))
}

/// The JSON object of a stored document.
pub(super) fn to_fields(document: &RawDocument) -> Result<Map<String, Json>> {
    match serde_json::to_value(Fields { document, top: true }) {
        Ok(Json::Object(fields)) => Ok(fields),
        Ok(_) => Err(Error::internal("a document is no object")),
        Err(error) => Err(Error::internal(format!("a document can't be read: {error}"))),
    }
}

/// The JSON value of an object in a field.
pub(super) fn json(document: &RawDocument) -> Result<Json> {
    serde_json::to_value(Fields { document, top: false }).map_err(Error::internal)
}

struct Fields<'a> {
    document: &'a RawDocument,
    top: bool,
}

impl Serialize for Fields<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_map(None)?;
        for field in self.document {
            let (name, value) = field.map_err(S::Error::custom)?;
            if !self.top || !name.starts_with('_') {
                object.serialize_entry(&unescape(name), &Element(value))?;
            }
        }
        object.end()
    }
}

struct Element<'a>(RawBsonRef<'a>);

impl Serialize for Element<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            RawBsonRef::Null => serializer.serialize_unit(),
            RawBsonRef::Boolean(flag) => serializer.serialize_bool(flag),
            RawBsonRef::String(text) => serializer.serialize_str(text),
            RawBsonRef::Int64(number) => serializer.serialize_i64(number),
            RawBsonRef::Int32(number) => serializer.serialize_i32(number),
            RawBsonRef::Double(number) => serializer.serialize_f64(number),
            RawBsonRef::Decimal128(number) => serializer.serialize_u64(number.to_string().parse().map_err(S::Error::custom)?),
            RawBsonRef::Document(document) => Fields { document, top: false }.serialize(serializer),
            RawBsonRef::Array(items) => {
                let items: Vec<Element<'_>> =
                    items.into_iter().map(|item| item.map(Element)).collect::<Result<_, _>>().map_err(S::Error::custom)?;
                items.serialize(serializer)
            }
            other => Err(S::Error::custom(format!("it holds a {:?}, which JSON has not", other.element_type()))),
        }
    }
}

/// The name of a field as MongoDB keeps it.
pub(super) fn escape(name: &str, top: bool) -> Cow<'_, str> {
    let reserved = |at: usize, c: char| matches!(c, '%' | '.' | '\0') || (at == 0 && (c == '$' || (top && c == '_')));
    if !name.char_indices().any(|(at, c)| reserved(at, c)) {
        return Cow::Borrowed(name);
    }
    let mut escaped = String::with_capacity(name.len() + 8);
    for (at, c) in name.char_indices() {
        if reserved(at, c) {
            escaped.push_str(&format!("%{:02X}", u32::from(c)));
        } else {
            escaped.push(c);
        }
    }
    Cow::Owned(escaped)
}

/// The name of a field as the document has it.
fn unescape(name: &str) -> Cow<'_, str> {
    if !name.contains('%') {
        return Cow::Borrowed(name);
    }
    let mut parts = name.split('%');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let escaped = part.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match escaped {
            Some(byte) => {
                plain.push(char::from(byte));
                plain.push_str(&part[2..]);
            }
            // Not written by this adapter.
            None => {
                plain.push('%');
                plain.push_str(part);
            }
        }
    }
    Cow::Owned(plain)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use proptest::prelude::*;
    use serde_json::{Map, Value as Json, json};

    use super::*;

    fn json() -> impl Strategy<Value = Json> {
        let leaf = prop_oneof![
            Just(Json::Null),
            any::<bool>().prop_map(Json::from),
            any::<i64>().prop_map(Json::from),
            any::<u64>().prop_map(Json::from),
            any::<f64>().prop_filter_map("finite", |number| serde_json::Number::from_f64(number).map(Json::Number)),
            ".{0,8}".prop_map(Json::from),
        ];
        leaf.prop_recursive(4, 40, 5, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..5).prop_map(Json::from),
                proptest::collection::vec((name(), inner), 0..5).prop_map(|fields| Json::Object(fields.into_iter().collect())),
            ]
        })
    }

    fn name() -> impl Strategy<Value = String> {
        prop_oneof!["[a-z$._%0-9\u{0}]{0,6}", ".{0,5}", Just("_id".to_owned()), Just("_version".to_owned()), Just("id".to_owned())]
    }

    proptest! {
        #[test]
        fn a_document_comes_back_as_the_same_text(fields in proptest::collection::vec((name(), json()), 0..6)) {
            let fields: Map<String, Json> = fields.into_iter().collect();
            let stored = to_bson(CompanyId::from_uuid(Uuid::from_u128(1)), Uuid::from_u128(2), 3, &fields).unwrap();
            prop_assert_eq!(to_json(&stored).unwrap(), serde_json::to_string(&fields).unwrap());
            prop_assert_eq!(to_fields(&stored).unwrap(), fields);
            prop_assert_eq!(ids(&stored).unwrap(), (CompanyId::from_uuid(Uuid::from_u128(1)), Uuid::from_u128(2)));
            prop_assert_eq!(version(&stored).unwrap(), 3);
            for field in &*stored {
                let (name, _) = field.unwrap();
                prop_assert!(!name.contains(['.', '\0']) && !name.starts_with('$'));
            }
        }
    }

    #[test]
    fn plain_names_and_numbers_are_stored_as_they_are() {
        let Json::Object(fields) = json!({ "name": "Anna", "n": 1, "big": u64::MAX, "half": 0.5, "one": 1.0, "in": { "_x": [null] } })
        else {
            unreachable!()
        };
        let stored = to_bson(CompanyId::from_uuid(Uuid::nil()), Uuid::nil(), 1, &fields).unwrap();
        assert_eq!(stored.get_i64("n").unwrap(), 1);
        assert_eq!(stored.get_f64("one").unwrap(), 1.0);
        assert_eq!(stored.get("big").unwrap().unwrap().element_type(), ::mongodb::bson::spec::ElementType::Decimal128);
        assert!(stored.get_document("in").unwrap().get_array("_x").is_ok());
    }
}
