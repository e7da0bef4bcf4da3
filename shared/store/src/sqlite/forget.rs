//! Removes what was personal about entities from their history and from the outbox.

use kernel::CompanyId;
use rusqlite::Connection;
use serde_json::{Map, Value as Json};
use uuid::Uuid;

use super::{
    table::Tables,
    value::{Indexed, Key},
};
use crate::{
    error::{Error, Result},
    history::{self, HISTORY},
    query::Value,
};

/// Within the savepoint of a commit, before its own writes.
pub(super) fn forget(connection: &Connection, tables: &Tables, company: CompanyId, entity: Uuid) -> Result<()> {
    let company = Key::from(company);
    connection.prepare_cached("DELETE FROM outbox WHERE subject = ?1 AND company = ?2")?.execute((Key(entity), &company))?;

    let table = tables.of(&HISTORY)?;
    let [by_entity] = &*table.indexes else { return Err(Error::internal("history has another index")) };
    let rows: Vec<i64> = connection
        .prepare_cached(&format!("SELECT row FROM {} WHERE company = ?1 AND f0 = ?2", by_entity.name))?
        .query_map((&company, Indexed(&Value::Text(entity.to_string()))), |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    for row in rows {
        let body: String = connection.prepare_cached(&table.get_row)?.query_row((row, &company), |row| row.get(0))?;
        let mut entry: Map<String, Json> = serde_json::from_str(&body).map_err(Error::internal)?;
        history::forget_values(&mut entry);
        let body = serde_json::to_string(&entry).map_err(Error::internal)?;
        // Neither the entry's version nor what its index holds is a value of the entity.
        connection.prepare_cached(&table.replace)?.execute((row, body))?;
    }
    Ok(())
}
