//! What a document, a collection and an index are.

use serde::{Serialize, de::DeserializeOwned};
use uuid::Uuid;

use crate::error::{Error, Result};

/// A value that the store keeps: an aggregate, or a copy of facts of another service.
///
/// It is stored as the JSON object that serde makes of it.
pub trait Document: Serialize + DeserializeOwned + Clone + Send + Sync + 'static {
    /// Where documents of this type are kept.
    const COLLECTION: &'static Collection;

    /// The identifier; unique within the company and the collection.
    fn id(&self) -> Uuid;

    /// 1 for a new one; the domain adds 1 with each change.
    fn version(&self) -> u64;
}

/// A kind of document: its name, the indexes its queries need, and what history keeps of it.
#[derive(Debug, PartialEq, Eq)]
pub struct Collection {
    /// Lower case letters, digits and single underscores: `orders`.
    pub name: &'static str,
    /// Every query needs one of these; an undeclared one is a programming error.
    pub indexes: &'static [Index],
    /// The name of the entity in history and in errors (`order`); `None`: no history is kept.
    pub history: Option<&'static str>,
    /// Top-level fields left out of history because they are derived or secret, such as `terms` or
    /// `password_hash`. `id` and `version` always are.
    pub unaudited: &'static [&'static str],
}

impl Collection {
    /// The index of that name.
    #[must_use]
    pub fn index(&self, name: &str) -> Option<&Index> {
        self.indexes.iter().find(|index| index.name == name)
    }

    /// The word for one of its documents in errors: the history's name, else the collection's.
    #[must_use]
    pub fn resource(&self) -> &'static str {
        self.history.unwrap_or(self.name)
    }

    /// Whether it can be kept by every adapter.
    ///
    /// # Errors
    /// [`Error::Internal`] for a name that can't be one, and for an index without a field.
    pub(crate) fn check(&self) -> Result<()> {
        check_name(self.name)?;
        for index in self.indexes {
            check_name(index.name)?;
            if index.fields.is_empty() {
                return Err(Error::internal(format!("index {} of {} has no field", index.name, self.name)));
            }
        }
        Ok(())
    }
}

/// Names stand in databases as they are; `__` divides two of them there.
fn check_name(name: &str) -> Result<()> {
    let plain = name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if plain && name.len() <= 60 && !name.contains("__") && !name.ends_with('_') {
        return Ok(());
    }
    Err(Error::internal(format!(
        "{name:?} can't name a collection or index: lower case letters, digits and single underscores can, at most 60"
    )))
}

/// An index over documents of one collection, always within the company.
///
/// A query is served by the index whose last field is the query's sort field and whose other fields, in any
/// order, are bound by equality. A search uses an index over the array of terms alone.
///
/// - A field is a top-level field of the serialized document or one dotted step, `customer.id`. It holds a text,
///   an integer, a boolean or null.
/// - At most one field is an array (of values, or of objects with the dotted field): the document then has an entry
///   per distinct element. The sort field is no array, and its values are of one type beside null.
/// - A null or missing field, and an empty array: a unique index does not hold the document, another one holds it with null,
///   which sorts first.
#[derive(Debug, PartialEq, Eq)]
pub struct Index {
    /// Lower case letters, digits and single underscores: `by_customer`.
    pub name: &'static str,
    /// The indexed fields.
    pub fields: &'static [&'static str],
    /// Whether no two documents of a company may have the same key. Unique indexes serve
    /// [`find_one`](crate::CompanyStore::find_one), not lists, since they leave out documents with null.
    pub unique: bool,
}
