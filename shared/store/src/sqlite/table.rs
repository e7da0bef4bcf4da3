//! The tables of a collection: one of documents, and one per index.
//!
//! ```text
//! doc_orders               row INTEGER PRIMARY KEY, company, id, version, body      unique (company, id)
//! idx_orders__by_customer  company, f0 … fn, id, row                                primary key (company, f0 … fn, id)
//! idx_orders__by_number    company, f0 … fn, id, row                                primary key (company, f0 … fn)   when unique
//! ```
//! `company` and `id` are 16 bytes, `body` is JSON text, `row` leads from an index entry to its document in one step. Columns of
//! keys have no type, so that values compare as they are.

use std::collections::{BTreeSet, HashMap};

use crate::{
    document::{Collection, Index},
    error::{Error, Result},
    fields,
};

/// The tables of all collections of a database.
pub(super) struct Tables(HashMap<&'static str, Table>);

impl Tables {
    /// # Errors
    /// [`Error::Internal`] for a collection or index that is not well formed.
    pub(super) fn new(collections: &[&'static Collection]) -> Result<Self> {
        let mut tables = HashMap::new();
        for collection in collections {
            let table = Table::new(collection)?;
            if tables.insert(collection.name, table).is_some_and(|other: Table| other.collection != *collection) {
                return Err(Error::internal(format!("two collections are called {}", collection.name)));
            }
        }
        Ok(Self(tables))
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Table> {
        self.0.values()
    }

    /// The tables of the collection of that name.
    pub(super) fn named(&self, collection: &str) -> Option<&Table> {
        self.0.get(collection)
    }

    /// The tables of `collection`.
    ///
    /// # Errors
    /// [`Error::Internal`] where the store was opened without it.
    pub(super) fn of(&self, collection: &Collection) -> Result<&Table> {
        self.named(collection.name)
            .ok_or_else(|| Error::internal(format!("the store was opened without the collection {}", collection.name)))
    }
}

/// The tables of one collection, with the statements that never vary.
pub(super) struct Table {
    pub(super) collection: &'static Collection,
    /// The top-level fields that indexes need.
    pub(super) indexed: Vec<&'static str>,
    pub(super) indexes: Vec<IndexTable>,
    pub(super) create: String,
    /// id → row, version, body
    pub(super) get: String,
    /// row → body
    pub(super) get_row: String,
    pub(super) insert: String,
    pub(super) update: String,
    pub(super) delete: String,
    /// row, body → another body of the same version and keys
    pub(super) replace: String,
    /// Every document: row, company, id, body.
    pub(super) all: String,
    /// Every document, in the order of insertion: company, id, version, body.
    pub(super) export: String,
}

impl Table {
    fn new(collection: &'static Collection) -> Result<Self> {
        collection.check()?;
        let name = format!("doc_{}", collection.name);
        let indexed: BTreeSet<&str> = collection.indexes.iter().flat_map(|index| index.fields).map(|field| fields::top(field)).collect();
        Ok(Self {
            collection,
            indexed: indexed.into_iter().collect(),
            indexes: collection.indexes.iter().map(|index| IndexTable::new(collection, index)).collect(),
            create: format!(
                "CREATE TABLE IF NOT EXISTS {name} (row INTEGER PRIMARY KEY, company BLOB NOT NULL, id BLOB NOT NULL, \
                 version INTEGER NOT NULL, body TEXT NOT NULL, UNIQUE (company, id))"
            ),
            get: format!("SELECT row, version, body FROM {name} WHERE company = ?1 AND id = ?2"),
            get_row: format!("SELECT body FROM {name} WHERE row = ?1 AND company = ?2"),
            insert: format!("INSERT INTO {name} (company, id, version, body) VALUES (?1, ?2, ?3, ?4)"),
            update: format!("UPDATE {name} SET version = ?2, body = ?3 WHERE row = ?1"),
            delete: format!("DELETE FROM {name} WHERE row = ?1"),
            replace: format!("UPDATE {name} SET body = ?2 WHERE row = ?1"),
            export: format!("SELECT company, id, version, body FROM {name} ORDER BY row"),
            all: format!("SELECT row, company, id, body FROM {name}"),
        })
    }

    /// The table of `index`.
    pub(super) fn index(&self, index: &Index) -> Result<&IndexTable> {
        self.indexes
            .iter()
            .find(|table| table.index.name == index.name)
            .ok_or_else(|| Error::internal(format!("the store was opened without the index {} of {}", index.name, self.collection.name)))
    }
}

/// The table of one index.
pub(super) struct IndexTable {
    pub(super) index: &'static Index,
    pub(super) name: String,
    pub(super) create: String,
    pub(super) drop: String,
    /// company, id, row, f0 … fn
    pub(super) insert: String,
    /// company, id, f0 … fn
    pub(super) delete: String,
}

impl IndexTable {
    fn new(collection: &Collection, index: &'static Index) -> Self {
        let name = format!("idx_{}__{}", collection.name, index.name);
        let list = |item: &dyn Fn(usize) -> String| (0..index.fields.len()).map(item).collect::<Vec<_>>();
        let columns = list(&|n| format!("f{n}")).join(", ");
        let definitions = list(&|n| format!("f{n} NOT NULL")).join(", ");
        let tie = if index.unique { "" } else { ", id" };
        Self {
            index,
            create: format!(
                "CREATE TABLE {name} (company BLOB NOT NULL, {definitions}, id BLOB NOT NULL, row INTEGER NOT NULL, \
                 PRIMARY KEY (company, {columns}{tie})) WITHOUT ROWID"
            ),
            drop: drop_index(collection.name, index.name),
            insert: format!(
                "INSERT INTO {name} (company, id, row, {columns}) VALUES (?1, ?2, ?3, {})",
                list(&|n| format!("?{}", n + 4)).join(", ")
            ),
            delete: format!(
                "DELETE FROM {name} WHERE company = ?1 AND id = ?2 AND {}",
                list(&|n| format!("f{n} = ?{}", n + 3)).join(" AND ")
            ),
            name,
        }
    }
}

/// The statement that drops the table of an index, also of one that is no longer declared.
pub(super) fn drop_index(collection: &str, index: &str) -> String {
    format!("DROP TABLE IF EXISTS idx_{collection}__{index}")
}
