//! What the database is to look like: collections, their indexes and validators.
//!
//! An index is named after what it is, `by_status:status,starts_at`: another definition is another index, so that programs
//! of two versions can work side by side while one replaces the other.

use std::collections::BTreeMap;

use ::mongodb::bson::{Document, doc};
use serde_json::{Map, Value as Json};

use super::body::{COMPANY, ID, OWN_ID, VERSION};
use crate::{
    document::{Collection, Index},
    error::{Error, Result},
    fields,
    query::Value,
};

pub(super) const COMPANIES: &str = "companies";
pub(super) const OUTBOX: &str = "outbox";
pub(super) const INBOX: &str = "inbox";
pub(super) const SCHEMA: &str = "schema";

/// The indexes of the outbox and the inbox.
pub(super) const PENDING: &str = "pending";
pub(super) const SENT: &str = "sent";
pub(super) const SUBJECT: &str = "subject";
pub(super) const RECEIVED_AT: &str = "at";

/// The types of a field that is indexed.
const SCALARS: [&str; 5] = ["null", "bool", "int", "long", "string"];
/// Those of them that a unique index holds.
const KEYS: [&str; 4] = ["bool", "int", "long", "string"];

/// The collections that the program declares.
pub(super) struct Layout(BTreeMap<&'static str, &'static Collection>);

impl Layout {
    /// # Errors
    /// [`Error::Internal`] where two collections or a collection and the adapter want one name, or a name can't be one.
    pub(super) fn new(collections: &[&'static Collection]) -> Result<Self> {
        let mut declared = BTreeMap::new();
        for collection in collections {
            collection.check()?;
            if [COMPANIES, OUTBOX, INBOX, SCHEMA].contains(&collection.name) {
                return Err(Error::internal(format!("{} is a collection of the store's own", collection.name)));
            }
            for index in collection.indexes {
                index.fields.iter().try_for_each(|field| check_field(field))?;
            }
            let twin = declared.insert(collection.name, *collection).filter(|twin| twin != collection);
            if twin.is_some() {
                return Err(Error::internal(format!("two collections are named {}", collection.name)));
            }
        }
        Ok(Self(declared))
    }

    pub(super) fn collections(&self) -> impl Iterator<Item = &'static Collection> {
        self.0.values().copied()
    }

    /// The collection of that name.
    pub(super) fn named(&self, name: &str) -> Option<&'static Collection> {
        self.0.get(name).copied()
    }

    /// # Errors
    /// [`Error::Internal`] where the store was opened without it.
    pub(super) fn check(&self, collection: &Collection) -> Result<()> {
        match self.0.contains_key(collection.name) {
            true => Ok(()),
            false => Err(Error::internal(format!("the store was opened without the collection {}", collection.name))),
        }
    }
}

/// An index as it is to be in the database.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Wanted {
    pub(super) name: String,
    pub(super) keys: Document,
    pub(super) unique: bool,
    /// Only documents that this holds for are in the index.
    pub(super) only: Option<Document>,
}

/// A collection as it is to be in the database.
pub(super) struct Shape {
    pub(super) name: &'static str,
    pub(super) validator: Document,
    pub(super) indexes: Vec<Wanted>,
}

/// Everything that is to be in the database.
pub(super) fn shapes(layout: &Layout) -> Vec<Shape> {
    let wanted = |name: &str, keys, only| Wanted { name: name.to_owned(), keys, unique: false, only };
    let uuid = || doc! { "bsonType": "binData" };
    let event = doc! {
        ID: uuid(), "type": { "bsonType": "string" }, "source": { "bsonType": "string" }, "subject": uuid(), "company": uuid(),
        "version": { "bsonType": "long" }, "time": { "bsonType": "long" }, "position": { "bsonType": "long" }, "data": uuid(),
    };
    let mark = doc! { ID: object(doc! { "company": uuid(), "consumer": { "bsonType": "string" }, "event": uuid() }), "at": { "bsonType": "long" } };
    let own = [
        Shape { name: COMPANIES, validator: schema(doc! { ID: uuid() }), indexes: vec![] },
        Shape { name: SCHEMA, validator: Document::new(), indexes: vec![] },
        Shape {
            name: OUTBOX,
            validator: schema(event),
            indexes: vec![
                wanted(PENDING, doc! { "position": 1 }, Some(doc! { "pending": true })),
                wanted(SENT, doc! { "time": 1 }, Some(doc! { "sent_at": { "$exists": true } })),
                wanted(SUBJECT, doc! { "subject": 1 }, None),
            ],
        },
        Shape { name: INBOX, validator: schema(mark), indexes: vec![wanted(RECEIVED_AT, doc! { "at": 1 }, None)] },
    ];
    own.into_iter().chain(layout.collections().map(shape)).collect()
}

fn shape(collection: &'static Collection) -> Shape {
    let uuid = || doc! { "bsonType": "binData" };
    let mut required = doc! { ID: object(doc! { "company": uuid(), "id": uuid() }), VERSION: { "bsonType": "long" } };
    let validator = {
        let names: Vec<String> = required.keys().cloned().collect();
        for field in collection.indexes.iter().flat_map(|index| index.fields) {
            required.entry(fields::top(field).to_owned()).or_insert_with(|| indexed(field).into());
        }
        doc! { "$jsonSchema": { "bsonType": "object", "required": names, "properties": required } }
    };
    let indexes = collection
        .indexes
        .iter()
        .map(|index| Wanted { name: name(index), keys: keys(index), unique: index.unique, only: index.unique.then(|| held(index)) })
        .collect();
    Shape { name: collection.name, validator, indexes }
}

/// What the value at the top of an indexed field's path may be.
fn indexed(field: &str) -> Document {
    match field.contains('.') {
        // The last step is looked at before each write, where the field's name can be told.
        true => doc! { "bsonType": SCALARS.iter().chain(&["object", "array"]).copied().collect::<Vec<_>>() },
        false => {
            doc! { "bsonType": SCALARS.iter().chain(&["array"]).copied().collect::<Vec<_>>(), "items": { "bsonType": SCALARS.to_vec() } }
        }
    }
}

fn object(properties: Document) -> Document {
    let names: Vec<String> = properties.keys().cloned().collect();
    doc! { "bsonType": "object", "required": names, "properties": properties }
}

fn schema(properties: Document) -> Document {
    doc! { "$jsonSchema": object(properties) }
}

/// The name of an index in the database; the declared one is before the colon.
pub(super) fn name(index: &Index) -> String {
    format!("{}:{}{}", index.name, index.fields.join(","), if index.unique { ":unique" } else { "" })
}

/// The declared name in the name of an index in the database.
pub(super) fn declared_name(name: &str) -> &str {
    name.split_once(':').map_or(name, |(declared, _)| declared)
}

fn keys(index: &Index) -> Document {
    let mut keys = doc! { COMPANY: 1 };
    keys.extend(index.fields.iter().map(|field| ((*field).to_owned(), 1.into())));
    if !index.unique {
        keys.insert(OWN_ID, 1);
    }
    keys
}

/// The condition under which a unique index holds a document: no field is null, missing or an empty array.
pub(super) fn held(index: &Index) -> Document {
    index.fields.iter().map(|field| ((*field).to_owned(), doc! { "$type": KEYS.to_vec() }.into())).collect()
}

/// Whether the indexes of the collection can hold a document.
///
/// # Errors
/// [`Error::Internal`] where a field's value can't be indexed.
pub(super) fn check_document(collection: &Collection, body: &Map<String, Json>) -> Result<()> {
    for index in collection.indexes {
        fields::keys(collection, index, body)?;
        // MongoDB would hold the document under null as well, which must be no key.
        let mixed = |field: &str| fields::values(body, field).is_some_and(|values| values.len() > 1 && values.contains(&Value::Null));
        if let Some(field) = index.fields.iter().find(|field| mixed(field)).filter(|_| index.unique) {
            return Err(Error::internal(format!("index {} of {}: an element of {field} is null", index.name, collection.name)));
        }
    }
    Ok(())
}

/// Names of fields stand in queries as they are; those that are escaped in documents can't.
fn check_field(field: &str) -> Result<()> {
    let step = |step: &str| !step.is_empty() && !step.starts_with(['$', '_']) && !step.contains(['%', '\0', ':', ',']);
    match field.split('.').count() <= 2 && field.split('.').all(step) {
        true => Ok(()),
        false => Err(Error::internal(format!("{field:?} can't be indexed: a field or one dotted step can"))),
    }
}
