//! Matches a query with an index, and makes and reads its page tokens. What is decided here holds for every adapter.

use std::ops::Bound;

use kernel::{CompanyId, Cursor};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::{
    backend::Scan,
    document::{Collection, Index},
    error::{Error, Result},
    fields::scalar,
    query::{Filter, Query, Value},
};

/// The most ranges that a query with several `In` filters may be split into.
const MAX_RANGES: usize = 1_000;

/// Which list a query asks for: a digest of everything but the page. Tokens carry it, so that none is used for another list.
pub(crate) fn digest(company: CompanyId, collection: &Collection, query: &Query) -> u64 {
    let mut filters = query.filters.clone();
    for filter in &mut filters {
        if let Filter::In(_, values) = filter {
            values.sort();
            values.dedup();
        }
    }
    filters.sort();
    let list = serde_json::json!([company, collection.name, filters, query.sort, query.direction]);
    let hash = Sha256::digest(list.to_string());
    hash.iter().take(8).fold(0, |digest, byte| digest << 8 | u64::from(*byte))
}

/// The place after an item.
pub(crate) fn cursor(list: u64, sort: &Value, id: Uuid) -> Result<Cursor> {
    let key = serde_json::to_value(sort).map_err(Error::internal)?;
    Ok(Cursor { list, key, id })
}

/// The scan that answers a query; `None` where a filter can't hold for anything.
///
/// # Errors
/// [`Error::BadQuery`] for a token that is not of `list`; [`Error::Internal`] where no index serves the query.
pub(crate) fn scan(collection: &'static Collection, query: &Query, list: u64) -> Result<Option<Scan>> {
    if !(1..=Query::MAX_PAGE_SIZE).contains(&query.page_size) {
        return Err(Error::internal(format!(
            "a page of {} has 1 to {} items, not {}",
            collection.name,
            Query::MAX_PAGE_SIZE,
            query.page_size
        )));
    }
    let after = query.page_token.as_deref().map(|token| place(token, list)).transpose()?;
    let (index, keys) = choose(collection, query)?;
    let mut scan = Scan {
        index,
        keys: keys.iter().map(|at| values(&query.filters[*at])).collect(),
        from: Bound::Unbounded,
        until: Bound::Unbounded,
        direction: query.direction,
        after,
        residual: Vec::new(),
        limit: query.page_size + 1,
    };
    for (at, filter) in query.filters.iter().enumerate() {
        match filter {
            _ if keys.contains(&at) => {}
            Filter::Eq(field, value) if *field == query.sort => {
                narrow(&mut scan, Bound::Included(value.clone()), Bound::Included(value.clone()));
            }
            Filter::Range { field, from, until } if *field == query.sort => {
                let from = from.clone().map_or(Bound::Excluded(Value::Null), Bound::Included);
                narrow(&mut scan, from, until.clone().map_or(Bound::Unbounded, Bound::Excluded));
            }
            _ => scan.residual.push(filter.clone()),
        }
    }
    let impossible = query.filters.iter().any(|filter| matches!(filter, Filter::In(_, values) if values.is_empty()));
    Ok((!impossible).then_some(scan))
}

/// The index that serves a query with the most of its fields, and for each of its fields before the last the place of
/// the filter that binds it.
fn choose(collection: &'static Collection, query: &Query) -> Result<(&'static Index, Vec<usize>)> {
    let serving = collection.indexes.iter().filter(|index| !index.unique).filter_map(|index| {
        let (sort, keys) = index.fields.split_last()?;
        let bound = keys.iter().map(|key| query.filters.iter().position(|filter| binds(filter, key)));
        let bound = (*sort == query.sort).then(|| bound.collect::<Option<Vec<usize>>>())??;
        let ranges = bound.iter().map(|at| values(&query.filters[*at]).len()).try_fold(1_usize, usize::checked_mul)?;
        (ranges <= MAX_RANGES).then_some((index, bound))
    });
    // The first declared of the longest ones.
    serving.rev().max_by_key(|(index, _)| index.fields.len()).ok_or_else(|| {
        let mut equal: Vec<&str> = query
            .filters
            .iter()
            .filter(|filter| !matches!(filter, Filter::Range { .. }))
            .map(Filter::field)
            .filter(|field| *field != query.sort)
            .collect();
        equal.dedup();
        Error::internal(format!(
            "{} has no index for this query: declare one on {:?} followed by {:?} (at most {MAX_RANGES} combinations of values)",
            collection.name, equal, query.sort
        ))
    })
}

fn binds(filter: &Filter, field: &str) -> bool {
    filter.field() == field && !matches!(filter, Filter::Range { .. })
}

/// The distinct values of an equality.
fn values(filter: &Filter) -> Vec<Value> {
    match filter {
        Filter::Eq(_, value) => vec![value.clone()],
        Filter::In(_, values) => {
            let mut values = values.clone();
            values.sort();
            values.dedup();
            values
        }
        Filter::Range { .. } => Vec::new(),
    }
}

/// Draws the bounds of a scan together, to what both they and the new ones allow.
fn narrow(scan: &mut Scan, from: Bound<Value>, until: Bound<Value>) {
    /// Value, and whether the bound is the tighter kind where the values are equal.
    fn key(bound: &Bound<Value>) -> Option<(&Value, bool)> {
        match bound {
            Bound::Included(value) => Some((value, false)),
            Bound::Excluded(value) => Some((value, true)),
            Bound::Unbounded => None,
        }
    }
    if key(&from) > key(&scan.from) {
        scan.from = from;
    }
    let tighter = match (key(&until), key(&scan.until)) {
        (Some((new, excluded)), Some((old, old_excluded))) => (new, old_excluded) < (old, excluded),
        (new, _) => new.is_some(),
    };
    if tighter {
        scan.until = until;
    }
}

/// The place in the list that a token names.
fn place(token: &str, list: u64) -> Result<(Value, Uuid)> {
    let cursor = Cursor::decode("page_token", token, list).map_err(Error::BadQuery)?;
    match scalar(&cursor.key) {
        Some(value) => Ok((value, cursor.id)),
        None => {
            Err(Error::BadQuery(kernel::Error::invalid("page_token", "INVALID_TOKEN", "must be a token that an earlier page returned")))
        }
    }
}
