//! Where a list is read: the part of an index between two places.

use std::ops::Bound;

use ::mongodb::bson::{Bson, Document, doc};
use kernel::CompanyId;
use uuid::Uuid;

use super::body::{COMPANY, OWN_ID, uuid, value};
use crate::{
    backend::Scan,
    query::{Direction, Value},
};

/// A place between the entries of an index that have the same first fields.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Start,
    At(Value, Within),
    End,
}

/// A place among entries of one sort value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Within {
    Before,
    /// Just before this identifier.
    Id(Uuid),
    After,
}

/// The part of the order of (sort value, identifier) that a scan reads.
#[derive(Debug)]
pub(super) struct Span {
    from: Place,
    until: Place,
}

impl Span {
    pub(super) fn of(scan: &Scan) -> Self {
        let mut from = match &scan.from {
            Bound::Unbounded => Place::Start,
            Bound::Included(least) => Place::At(least.clone(), Within::Before),
            Bound::Excluded(least) => Place::At(least.clone(), Within::After),
        };
        let mut until = match &scan.until {
            Bound::Unbounded => Place::End,
            Bound::Included(greatest) => Place::At(greatest.clone(), Within::After),
            Bound::Excluded(greatest) => Place::At(greatest.clone(), Within::Before),
        };
        // A token that someone made up may lie outside the bounds; then the bound stays.
        if let Some((value, id)) = &scan.after {
            match scan.direction {
                Direction::Ascending => {
                    let next = id.as_u128().checked_add(1).map_or(Within::After, |next| Within::Id(Uuid::from_u128(next)));
                    from = from.max(Place::At(value.clone(), next));
                }
                Direction::Descending => until = until.min(Place::At(value.clone(), Within::Id(*id))),
            }
        }
        Self { from, until }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.from >= self.until
    }

    /// The bounds of one range of the index: its first entry, and the end, which is not in it.
    pub(super) fn bounds(&self, company: CompanyId, scan: &Scan, keys: &[Bson]) -> (Document, Document) {
        let sort = scan.index.fields.last().copied().unwrap_or_default();
        let at = |place: &Place| {
            let mut bound = doc! { COMPANY: uuid(company.uuid()) };
            bound.extend(scan.index.fields.iter().zip(keys).map(|(field, key)| ((*field).to_owned(), key.clone())));
            let (sort_value, id) = match place {
                Place::Start => (Bson::MinKey, Bson::MinKey),
                Place::End => (Bson::MaxKey, Bson::MaxKey),
                Place::At(sort_value, within) => (
                    value(sort_value),
                    match within {
                        Within::Before => Bson::MinKey,
                        Within::Id(id) => uuid(*id).into(),
                        Within::After => Bson::MaxKey,
                    },
                ),
            };
            bound.insert(sort, sort_value);
            bound.insert(OWN_ID, id);
            bound
        };
        (at(&self.from), at(&self.until))
    }

    /// The same part as conditions on the sort field and the identifier: for each of them one range of an index holds
    /// just what satisfies it.
    pub(super) fn conditions(&self, sort: &str) -> Vec<Document> {
        let mut conditions = Vec::new();
        let (mut from, mut until) = (self.from.clone(), self.until.clone());
        // The rest of the items that share the sort value of the place that is gone on from.
        if let Place::At(value, Within::Id(id)) = &self.from {
            let mut rest = doc! { sort: super::body::value(value), OWN_ID: { "$gte": uuid(*id) } };
            if let Place::At(end, Within::Id(last)) = &self.until
                && end == value
            {
                rest.insert(OWN_ID, doc! { "$gte": uuid(*id), "$lt": uuid(*last) });
                return vec![rest];
            }
            conditions.push(rest);
            from = Place::At(value.clone(), Within::After);
        }
        if let Place::At(value, Within::Id(id)) = &self.until {
            conditions.push(doc! { sort: super::body::value(value), OWN_ID: { "$lt": uuid(*id) } });
            until = Place::At(value.clone(), Within::Before);
        }
        if from < until {
            conditions.extend(between(sort, &from, &until));
        }
        conditions
    }
}

/// Conditions for whole sort values.
fn between(sort: &str, from: &Place, until: &Place) -> Vec<Document> {
    let with_null = *from <= Place::At(Value::Null, Within::Before) && *until >= Place::At(Value::Null, Within::After);
    let mut bounds = Document::new();
    match from {
        Place::At(Value::Null, _) | Place::Start | Place::End => {}
        Place::At(least, Within::After) => drop(bounds.insert("$gt", value(least))),
        Place::At(least, _) => drop(bounds.insert("$gte", value(least))),
    }
    match until {
        Place::Start | Place::End => {}
        // Nothing but null is left.
        Place::At(Value::Null, _) => return if with_null { vec![doc! { sort: Bson::Null }] } else { vec![] },
        Place::At(greatest, Within::After) => drop(bounds.insert("$lte", value(greatest))),
        Place::At(greatest, _) => drop(bounds.insert("$lt", value(greatest))),
    }
    match (with_null, bounds.is_empty()) {
        (true, true) => vec![Document::new()],
        (false, true) => vec![doc! { sort: { "$ne": Bson::Null } }],
        // A comparison finds no null.
        (true, false) => vec![doc! { sort: Bson::Null }, doc! { sort: bounds }],
        (false, false) => vec![doc! { sort: bounds }],
    }
}

/// Conditions that a field has a value; one range of an index, or several for null, holds what satisfies each.
pub(super) fn equals(field: &str, wanted: &Value) -> Vec<Document> {
    match wanted {
        // An empty array is null too.
        Value::Null => {
            let mut conditions = vec![doc! { field: { "$in": [Bson::Null, Bson::Array(vec![])] } }];
            if field.contains('.') {
                // In an array without any object.
                conditions.push(doc! { field: { "$exists": false } });
            }
            conditions
        }
        wanted => vec![doc! { field: value(wanted) }],
    }
}

/// The keys under which an index holds what has these values: where one is null a second one, as it holds an empty array as
/// undefined.
pub(super) fn held_as(range: &[&Value]) -> Vec<Vec<Bson>> {
    range.iter().fold(vec![Vec::new()], |keys, wanted| {
        let held = match wanted {
            Value::Null => vec![Bson::Undefined, Bson::Null],
            wanted => vec![value(wanted)],
        };
        keys.iter().flat_map(|key| held.iter().map(|value| key.iter().cloned().chain([value.clone()]).collect())).collect()
    })
}
