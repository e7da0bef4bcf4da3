//! Lists: reads ranges of an index in order.
//!
//! A list of one range is read between two places of its index. One of several is a find with a condition for each range; the
//! server reads them side by side and merges them (`SORT_MERGE`), going no further in any than the page needs. Null has two places in
//! an index, empty arrays and the rest; they are read one by one and merged here, and only one of them has entries as a rule. Conditions
//! that the index does not cover are looked at here, so that they mean the same with every adapter.

use ::mongodb::{
    bson::{Bson, Document, RawDocumentBuf, doc},
    options::Hint,
};
use futures::{FutureExt as _, StreamExt as _, TryStreamExt as _, future::BoxFuture, stream};
use kernel::CompanyId;
use serde_json::{Map, Value as Json};
use uuid::Uuid;

use super::{
    body::{self, COMPANY, OWN_ID, uuid},
    bounds::{Span, equals, held_as},
    layout,
    read::{self, Find, Moment},
    retry::Failure,
};
use crate::{
    backend::{Found, Projection, Scan},
    document::Collection,
    error::{Error, Result},
    fields,
    query::{Direction, Explained, Filter, Value},
};

/// The most ranges of one find. More are split over several, which are merged here.
const MAX_RANGES: usize = 100;
/// The most documents of one find where what it finds must be looked through.
const MAX_BATCH: usize = 1_000;
/// How many lists are read at once.
const AT_ONCE: usize = 16;

/// What each scan finds, all as of one moment.
pub(super) async fn find(
    mut moment: Moment<'_>,
    company: CompanyId,
    collection: &'static Collection,
    scans: &[Scan],
    projection: Projection<'_>,
) -> Result<Vec<Vec<Found>>, Failure> {
    let Some((first, others)) = scans.split_first() else { return Ok(Vec::new()) };
    // The first one takes the moment.
    let mut found = vec![list(&mut moment, company, collection, first, projection).await?];
    let other = |scan| {
        let mut moment = moment;
        async move { list(&mut moment, company, collection, scan, projection).await }.boxed()
    };
    let others: Vec<BoxFuture<'_, _>> = others.iter().map(other).collect();
    found.extend(stream::iter(others).buffered(AT_ONCE).try_collect::<Vec<_>>().await?);
    Ok(found)
}

async fn list(
    moment: &mut Moment<'_>,
    company: CompanyId,
    collection: &'static Collection,
    scan: &Scan,
    projection: Projection<'_>,
) -> Result<Vec<Found>, Failure> {
    let mut scan = scan.clone();
    let wanted = scan.limit;
    let mut found = Vec::new();
    loop {
        let documents = documents(moment, company, collection, &scan, projection).await?;
        let exhausted = documents.len() < scan.limit;
        for document in documents {
            scan.after = Some(place(&document, &scan)?);
            let body = body::to_json(&document)?;
            if satisfies(&body, &scan)? {
                let (sort, id) = place(&document, &scan)?;
                found.push(Found { id, sort, body });
            }
            if found.len() == wanted {
                return Ok(found);
            }
        }
        if exhausted {
            return Ok(found);
        }
        scan.limit = scan.limit.saturating_mul(2).min(MAX_BATCH);
    }
}

/// How many documents a scan finds, up to its limit. Documents are read only where the index does not say enough.
pub(super) async fn count(
    mut moment: Moment<'_>,
    company: CompanyId,
    collection: &'static Collection,
    scan: &Scan,
) -> Result<u64, Failure> {
    let wanted = scan.limit;
    if wanted == 0 || Span::of(scan).is_empty() {
        return Ok(0);
    }
    if scan.residual.is_empty() && scan.ranges().len() <= MAX_RANGES {
        let documents = moment.database.collection::<RawDocumentBuf>(collection.name);
        let counting = documents.count_documents(filter(company, scan, &scan.ranges())).hint(Hint::Name(layout::name(scan.index)));
        let counted = counting.limit(wanted as u64).await?;
        moment.examine(usize::try_from(counted).unwrap_or(usize::MAX) + 1);
        return Ok(counted);
    }
    let mut scan = Scan { limit: wanted.min(MAX_BATCH), ..scan.clone() };
    let mut found = 0;
    loop {
        let documents = documents(&mut moment, company, collection, &scan, Projection::Only(&[])).await?;
        let exhausted = documents.len() < scan.limit;
        for document in documents {
            scan.after = Some(place(&document, &scan)?);
            found += usize::from(satisfies(&body::to_json(&document)?, &scan)?);
            if found == wanted {
                return Ok(found as u64);
            }
        }
        if exhausted {
            return Ok(found as u64);
        }
    }
}

fn satisfies(body: &str, scan: &Scan) -> Result<bool> {
    if scan.residual.is_empty() {
        return Ok(true);
    }
    let needed: Vec<&str> = scan.residual.iter().map(|filter| fields::top(filter.field())).collect();
    let picked = fields::pick(body, &needed)?;
    Ok(scan.residual.iter().all(|filter| fields::satisfies(&picked, filter)))
}

/// The place of a document in the list.
fn place(document: &RawDocumentBuf, scan: &Scan) -> Result<(Value, Uuid)> {
    let sort = scan.index.fields.last().copied().unwrap_or_default();
    Ok((body::sort_value(document, sort)?, body::ids(document)?.1))
}

/// The documents of a scan in its order, but for its residual conditions; of a projection, with what is looked at here too.
async fn documents(
    moment: &mut Moment<'_>,
    company: CompanyId,
    collection: &'static Collection,
    scan: &Scan,
    projection: Projection<'_>,
) -> Result<Vec<RawDocumentBuf>, Failure> {
    let mut lists = Vec::new();
    let looked_at = || scan.index.fields.iter().copied().chain(scan.residual.iter().map(Filter::field));
    for find in finds(company, collection, scan) {
        let find = Find { projection: read::projection(projection, looked_at()), ..find };
        let found = moment.find(&find).await?;
        moment.examine(cost(&found, scan, &find)?);
        lists.push(found);
    }
    if lists.len() < 2 {
        return Ok(lists.pop().unwrap_or_default());
    }
    let mut merged = Vec::new();
    for document in lists.into_iter().flatten() {
        merged.push((place(&document, scan)?, document));
    }
    merged.sort_by(|(one, _), (other, _)| match scan.direction {
        Direction::Ascending => one.cmp(other),
        Direction::Descending => other.cmp(one),
    });
    // A document with several elements in the ranges is found in each.
    merged.dedup_by(|(one, _), (other, _)| one == other);
    merged.truncate(scan.limit);
    Ok(merged.into_iter().map(|(_, document)| document).collect())
}

/// The commands that read a scan: one, but for null and for very many ranges.
pub(super) fn finds(company: CompanyId, collection: &'static Collection, scan: &Scan) -> Vec<Find> {
    let span = Span::of(scan);
    if span.is_empty() {
        return Vec::new();
    }
    let direction = match scan.direction {
        Direction::Ascending => 1,
        Direction::Descending => -1,
    };
    let sort = scan.index.fields.last().copied().unwrap_or_default();
    let find = || Find {
        collection: collection.name,
        index: layout::name(scan.index),
        sort: Some(doc! { sort: direction, OWN_ID: direction }),
        limit: scan.limit,
        ..Find::default()
    };
    let (with_null, plain): (Vec<_>, Vec<_>) = scan.ranges().into_iter().partition(|range| range.contains(&&Value::Null));
    let exactly = |range: &Vec<&Value>| -> Vec<Find> {
        held_as(range).iter().map(|keys| Find { bounds: Some(span.bounds(company, scan, keys)), ..find() }).collect()
    };
    let mut finds: Vec<Find> = match &*plain {
        [range] => exactly(range),
        ranges => ranges.chunks(MAX_RANGES).map(|ranges| Find { filter: filter(company, scan, ranges), ..find() }).collect(),
    };
    finds.extend(with_null.iter().flat_map(exactly));
    finds
}

/// A condition for each range: none but those that one range of the index answers exactly.
fn filter(company: CompanyId, scan: &Scan, ranges: &[Vec<&Value>]) -> Document {
    let sort = scan.index.fields.last().copied().unwrap_or_default();
    let spans = Span::of(scan).conditions(sort);
    let mut alternatives = Vec::new();
    for range in ranges {
        let mut keys = vec![doc! { COMPANY: uuid(company.uuid()) }];
        for (field, key) in scan.index.fields.iter().zip(range) {
            let equals = equals(field, key);
            keys = keys.iter().flat_map(|key| equals.iter().map(|equal| joined(key, equal))).collect();
        }
        alternatives.extend(keys.iter().flat_map(|key| spans.iter().map(|span| joined(key, span))));
    }
    match alternatives.len() {
        1 => alternatives.pop().unwrap_or_default(),
        _ => doc! { "$or": alternatives },
    }
}

fn joined(one: &Document, other: &Document) -> Document {
    one.iter().chain(other).map(|(field, condition)| (field.clone(), condition.clone())).collect()
}

/// What the server read to find these documents: each of them, its entries in the ranges, and one entry ahead in each range.
fn cost(found: &[RawDocumentBuf], scan: &Scan, find: &Find) -> Result<usize> {
    let ahead = match &find.bounds {
        Some(_) => 0,
        None => find.filter.get_array("$or").map_or(1, Vec::len),
    };
    if scan.keys.iter().all(|key| key.len() < 2) {
        return Ok(2 * found.len() + ahead);
    }
    let mut entries = 0;
    for document in found {
        let fields = body::to_fields(document)?;
        entries += scan.index.fields.iter().zip(&scan.keys).map(|(field, key)| within(&fields, field, key)).product::<usize>();
    }
    Ok(found.len() + entries + ahead)
}

/// How many of the wanted values a field has.
fn within(body: &Map<String, Json>, field: &str, wanted: &[Value]) -> usize {
    let values: std::collections::BTreeSet<Value> = fields::values(body, field).unwrap_or_default().into_iter().collect();
    values.iter().filter(|value| wanted.contains(value)).count().max(1)
}

/// How a scan's commands were carried out.
pub(super) async fn explain(
    moment: Moment<'_>,
    company: CompanyId,
    collection: &'static Collection,
    scan: &Scan,
) -> Result<Explained, Failure> {
    let mut explained = Explained { index: scan.index.name.to_owned(), keys: 0, documents: 0, sorted_in_memory: false };
    for find in finds(company, collection, scan) {
        let command = doc! { "explain": find.command(), "verbosity": "executionStats" };
        let told = moment.database.run_command(command).await?;
        let stats = told.get_document("executionStats").map_err(Error::internal)?;
        let number = |name| stats.get(name).and_then(number).ok_or_else(|| Error::internal(format!("explain tells no {name}")));
        explained.keys += number("totalKeysExamined")?;
        explained.documents += number("totalDocsExamined")?;
        let plan = stats.get_document("executionStages").map_err(Error::internal)?;
        explained.sorted_in_memory |= stages(plan).iter().any(|stage| stage == "SORT" || stage == "COLLSCAN");
    }
    Ok(explained)
}

fn number(value: &Bson) -> Option<u64> {
    value.as_i32().and_then(|number| u64::try_from(number).ok()).or_else(|| value.as_i64().and_then(|number| u64::try_from(number).ok()))
}

/// The names of a plan's stages.
fn stages(plan: &Document) -> Vec<String> {
    let mut names = vec![plan.get_str("stage").unwrap_or_default().to_owned()];
    names.extend(plan.get_document("inputStage").iter().flat_map(|stage| stages(stage)));
    let several = plan.get_array("inputStages").into_iter().flatten().filter_map(Bson::as_document);
    names.extend(several.flat_map(stages));
    names
}
