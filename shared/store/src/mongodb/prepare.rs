//! Brings a database to the layout that the program declares. Several programs may do so at once, each step once more harms nothing.

use std::path::PathBuf;

use ::mongodb::{
    Database, IndexModel,
    bson::{Bson, Document, RawDocumentBuf, doc},
    options::{Acknowledgment, IndexOptions, WriteConcern},
};
use futures::{FutureExt as _, TryStreamExt as _, future::BoxFuture, stream, stream::StreamExt as _};

use super::{
    body::ID,
    layout::{SCHEMA, Shape, Wanted, declared_name},
    retry::{Failure, code, taken_index},
};
use crate::error::{Error, Result};

/// Changes documents of one layout to those of the next. Done by every program that starts meanwhile, and again after a half:
/// it must leave alone what is changed already.
pub(super) type Migration = for<'a> fn(&'a Database) -> BoxFuture<'a, Result<(), Failure>>;

/// The first brings layout 1 to layout 2, and so on: the layout of this program is one more than there are.
pub(super) const MIGRATIONS: &[Migration] = &[];

/// An index that no program declares any more is dropped after this: those who need it may still run when one that does not
/// need it starts.
const GRACE_HOURS: i64 = 24;
/// How many collections are looked at side by side.
const AT_ONCE: usize = 8;

/// The server's codes for what another program has done meanwhile.
const COLLECTION_EXISTS: i32 = 48;
const INDEX_NOT_FOUND: i32 = 27;

/// Where the layout is told.
fn layout() -> Document {
    doc! { ID: "layout" }
}

/// # Errors
/// [`Error::NewerVersion`], before anything is changed; [`Error::Unavailable`] where there can be no transactions, or a new
/// unique index does not hold for what is there.
pub(super) async fn prepare(database: &Database, shapes: &[Shape], migrations: &[Migration]) -> Result<(), Failure> {
    let hello = database.run_command(doc! { "hello": 1 }).await?;
    if !hello.contains_key("setName") && hello.get_str("msg") != Ok("isdbgrid") {
        return Err(Error::unavailable("it is no replica set, and only that has transactions; one of a single node will do").into());
    }
    let found = check_layout(database, migrations).await?;

    let mut there = database.list_collections().await?;
    let mut collections = std::collections::HashMap::new();
    while let Some(collection) = there.try_next().await? {
        collections.insert(collection.name, collection.options.validator.unwrap_or_default());
    }
    let shaping: Vec<BoxFuture<'_, _>> = shapes.iter().map(|shape| bring(database, shape, collections.get(shape.name)).boxed()).collect();
    stream::iter(shaping).buffer_unordered(AT_ONCE).try_collect::<Vec<()>>().await?;

    for (migration, layout) in migrations.iter().zip(1..) {
        if found.is_some_and(|found| found <= layout) {
            migration(database).await?;
        }
    }
    let version = doc! { "$max": { "version": newest(migrations) } };
    database.collection::<Document>(SCHEMA).update_one(layout(), version).upsert(true).await?;
    Ok(())
}

fn newest(migrations: &[Migration]) -> i64 {
    i64::try_from(migrations.len()).unwrap_or(i64::MAX).saturating_add(1)
}

/// The layout of the database, `None` for a new one.
async fn check_layout(database: &Database, migrations: &[Migration]) -> Result<Option<i64>, Failure> {
    let Some(told) = database.collection::<Document>(SCHEMA).find_one(layout()).await? else { return Ok(None) };
    let (found, supported) = (told.get_i64("version").map_err(Error::internal)?, newest(migrations));
    match found > supported {
        true => Err(Error::NewerVersion { path: PathBuf::from(format!("the database {}", database.name())), found, supported }.into()),
        false => Ok(Some(found)),
    }
}

/// Brings one collection to its shape. `validator` is the one that is there.
async fn bring(database: &Database, shape: &Shape, validator: Option<&Document>) -> Result<(), Failure> {
    let mut existed = validator.is_some();
    if !existed {
        let created = database.create_collection(shape.name).validator(shape.validator.clone()).write_concern(quick()).await;
        match created {
            Err(error) if code(&error) == Some(COLLECTION_EXISTS) => existed = true,
            created => created?,
        }
    }
    if existed && validator != Some(&shape.validator) {
        database.run_command(doc! { "collMod": shape.name, "validator": shape.validator.clone() }).await?;
    }
    let collection = database.collection::<RawDocumentBuf>(shape.name);
    let there = if existed { collection.list_index_names().await? } else { Vec::new() };
    let missing: Vec<IndexModel> = shape.indexes.iter().filter(|wanted| !there.contains(&wanted.name)).map(model).collect();
    if !missing.is_empty() {
        collection.create_indexes(missing).write_concern(quick()).await.map_err(|error| match taken_index(&error) {
            Some(index) => Failure::Lasting(Error::unavailable(format!(
                "the unique index {} of {} does not hold for what is there",
                declared_name(&index),
                shape.name
            ))),
            None => error.into(),
        })?;
    }
    drop_gone(database, shape, &there).await
}

/// Without waiting for other nodes: the last write, which tells the layout, waits for them to have all before it.
fn quick() -> WriteConcern {
    WriteConcern::builder().w(Acknowledgment::Nodes(1)).build()
}

fn model(wanted: &Wanted) -> IndexModel {
    let options = IndexOptions::builder()
        .name(wanted.name.clone())
        .unique(wanted.unique.then_some(true))
        .partial_filter_expression(wanted.only.clone())
        .build();
    IndexModel::builder().keys(wanted.keys.clone()).options(options).build()
}

/// Drops the indexes that were not declared for long enough. Names without a colon are not ours: people may add indexes.
async fn drop_gone(database: &Database, shape: &Shape, there: &[String]) -> Result<(), Failure> {
    let schema = database.collection::<Document>(SCHEMA);
    let note = |index: &str| doc! { ID: { "collection": shape.name, "index": index } };
    let declared = |name: &String| shape.indexes.iter().any(|wanted| wanted.name == *name);
    let (declared, gone): (Vec<&String>, Vec<&String>) = there.iter().filter(|name| name.contains(':')).partition(|name| declared(name));
    if !declared.is_empty() {
        let notes: Vec<Document> = declared.iter().map(|name| doc! { "collection": shape.name, "index": name.as_str() }).collect();
        schema.delete_many(doc! { ID: { "$in": notes } }).await?;
    }
    for index in gone {
        let since = vec![doc! { "$set": { "gone_since": { "$ifNull": ["$gone_since", "$$NOW"] } } }];
        schema.update_one(note(index), since).upsert(true).await?;
        let limit = doc! { "$dateSubtract": { "startDate": "$$NOW", "unit": "hour", "amount": Bson::Int64(GRACE_HOURS) } };
        let due: Document = note(index).into_iter().chain(doc! { "$expr": { "$lt": ["$gone_since", limit] } }).collect();
        if schema.find_one(due).await?.is_none() {
            continue;
        }
        match database.collection::<Document>(shape.name).drop_index(index.as_str()).await {
            Err(error) if code(&error) == Some(INDEX_NOT_FOUND) => {}
            dropped => dropped?,
        }
        schema.delete_one(note(index)).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
