//! Lists: reads ranges of an index in order and merges them.

use std::{fmt::Write as _, ops::Bound, ops::ControlFlow, sync::atomic::AtomicU64};

use kernel::CompanyId;
use rusqlite::{Rows, ToSql};
use uuid::Uuid;

use super::{
    readers::Snapshot,
    table::{IndexTable, Table},
    value::{Indexed, Key, indexed},
};
use crate::{
    backend::{Found, Scan},
    error::Result,
    fields,
    query::{Direction, Explained, Filter, Value},
};

/// The documents that a scan finds.
pub(super) fn find(snapshot: &Snapshot<'_>, table: &Table, company: CompanyId, scan: &Scan) -> Result<Vec<Found>> {
    let documents = Documents::new(table, company, &scan.residual);
    let mut found = Vec::new();
    visit(snapshot, table, company, scan, |entry| {
        if let Some(body) = documents.read(snapshot, entry.row)? {
            found.push(Found { id: entry.id, sort: entry.sort, body });
        }
        Ok(if found.len() < scan.limit { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
    })?;
    Ok(found)
}

/// How a scan is carried out: an index is a table in the order of the list, and each of its entries leads to its document.
pub(super) fn explain(snapshot: &Snapshot<'_>, table: &Table, company: CompanyId, scan: &Scan) -> Result<Explained> {
    let counted = AtomicU64::new(0);
    let found = find(&Snapshot { connection: snapshot.connection, examined: &counted }, table, company, scan)?;
    let (all, documents) = (counted.into_inner(), found.len() as u64);
    Ok(Explained { index: scan.index.name.to_owned(), keys: all - documents, documents, sorted_in_memory: false })
}

/// How many documents a scan finds, up to its limit. Documents are read only where the index does not say enough.
pub(super) fn count(snapshot: &Snapshot<'_>, table: &Table, company: CompanyId, scan: &Scan) -> Result<u64> {
    let documents = Documents::new(table, company, &scan.residual);
    let mut found = 0;
    if scan.limit == 0 {
        return Ok(0);
    }
    visit(snapshot, table, company, scan, |entry| {
        if scan.residual.is_empty() || documents.read(snapshot, entry.row)?.is_some() {
            found += 1;
        }
        Ok(if found < scan.limit { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
    })?;
    Ok(found as u64)
}

/// Reads the documents to which index entries lead, and leaves out those that the filters do not hold for.
pub(super) struct Documents<'a> {
    table: &'a Table,
    company: Key,
    filters: &'a [Filter],
    /// The top-level fields that the filters need.
    needed: Vec<&'static str>,
}

impl<'a> Documents<'a> {
    pub(super) fn new(table: &'a Table, company: CompanyId, filters: &'a [Filter]) -> Self {
        Self { table, company: company.into(), filters, needed: filters.iter().map(|filter| fields::top(filter.field())).collect() }
    }

    /// The document's text; `None` where a filter does not hold.
    pub(super) fn read(&self, snapshot: &Snapshot<'_>, row: i64) -> Result<Option<String>> {
        snapshot.examine(1);
        let mut document = snapshot.connection.prepare_cached(&self.table.get_row)?;
        let body: String = document.query_row((row, &self.company), |row| row.get(0))?;
        if self.filters.is_empty() {
            return Ok(Some(body));
        }
        let picked = fields::pick(&body, &self.needed)?;
        Ok(self.filters.iter().all(|filter| fields::satisfies(&picked, filter)).then_some(body))
    }
}

/// An entry of an index.
struct Entry {
    sort: Value,
    id: Uuid,
    row: i64,
}

/// A range that is being read, and the entry that comes next in it.
type Cursor<'a> = (Rows<'a>, Option<Entry>);

fn place(head: &Option<Entry>) -> Option<(&Value, Uuid)> {
    head.as_ref().map(|entry| (&entry.sort, entry.id))
}

/// Visits the index entries of a scan in its order, each document once, until told to stop. Each range is read no
/// further than the merge needs: one entry ahead.
fn visit(
    snapshot: &Snapshot<'_>,
    table: &Table,
    company: CompanyId,
    scan: &Scan,
    mut visitor: impl FnMut(Entry) -> Result<ControlFlow<()>>,
) -> Result<()> {
    let company = Key::from(company);
    let span = Span::of(scan);
    let sql = range_sql(table.index(scan.index)?, scan, &span);
    let ranges = scan.ranges();
    // A cached statement serves one range at a time: the comment makes another of it for each further range.
    let statement = |n| snapshot.connection.prepare_cached(&if n == 0 { sql.clone() } else { format!("{sql} -- {n}") });
    let mut statements = (0..ranges.len()).map(statement).collect::<rusqlite::Result<Vec<_>>>()?;
    let mut cursors = Vec::with_capacity(ranges.len());
    for (statement, range) in statements.iter_mut().zip(&ranges) {
        let key: Vec<Indexed<'_>> = range.iter().map(|value| Indexed(value)).collect();
        let bounds = span.parameters();
        let parameters = std::iter::once(&company as &dyn ToSql)
            .chain(key.iter().map(|value| value as &dyn ToSql))
            .chain(bounds.iter().map(|value| &**value))
            .collect::<Vec<_>>();
        let mut rows = statement.query(&*parameters)?;
        let first = next(snapshot, &mut rows)?;
        cursors.push((rows, first));
    }
    let mut last = None;
    loop {
        let heads = cursors.iter_mut().filter(|(_, head)| head.is_some());
        let order = |(_, one): &&mut Cursor<'_>, (_, other): &&mut Cursor<'_>| place(one).cmp(&place(other));
        let nearest = match scan.direction {
            Direction::Ascending => heads.min_by(order),
            Direction::Descending => heads.max_by(order),
        };
        let Some((rows, head)) = nearest else { return Ok(()) };
        let Some(entry) = std::mem::replace(head, next(snapshot, rows)?) else { return Ok(()) };
        // A document with several elements in the ranges has entries that follow one another.
        if last.replace(entry.id) == Some(entry.id) {
            continue;
        }
        if visitor(entry)?.is_break() {
            return Ok(());
        }
    }
}

fn next(snapshot: &Snapshot<'_>, rows: &mut Rows<'_>) -> Result<Option<Entry>> {
    let Some(row) = rows.next()? else { return Ok(None) };
    snapshot.examine(1);
    Ok(Some(Entry { sort: indexed(row.get_ref(0)?)?, id: row.get::<_, Key>(1)?.0, row: row.get(2)? }))
}

/// Where a range begins or ends: at a sort value, or at the place of one item.
enum Edge<'a> {
    Open,
    Value(&'static str, &'a Value),
    Item(&'static str, &'a Value, Uuid),
}

/// The part of the order that is read. One edge on each side, as SQLite goes straight to an edge only where it is the only one.
struct Span<'a> {
    from: Edge<'a>,
    until: Edge<'a>,
}

impl<'a> Span<'a> {
    fn of(scan: &'a Scan) -> Self {
        let edge = |bound: &'a Bound<Value>, included, excluded| match bound {
            Bound::Included(value) => Edge::Value(included, value),
            Bound::Excluded(value) => Edge::Value(excluded, value),
            Bound::Unbounded => Edge::Open,
        };
        let mut span = Self { from: edge(&scan.from, ">=", ">"), until: edge(&scan.until, "<=", "<") };
        // A token that someone made up may lie outside the bounds; then the bound stays.
        if let Some((value, id)) = &scan.after {
            match (scan.direction, &span.from, &span.until) {
                (Direction::Ascending, Edge::Value(_, bound), _) if value < *bound => {}
                (Direction::Ascending, Edge::Value(">", bound), _) if value == *bound => {}
                (Direction::Ascending, ..) => span.from = Edge::Item(">", value, *id),
                (Direction::Descending, _, Edge::Value(_, bound)) if value > *bound => {}
                (Direction::Descending, _, Edge::Value("<", bound)) if value == *bound => {}
                (Direction::Descending, ..) => span.until = Edge::Item("<", value, *id),
            }
        }
        span
    }

    fn parameters(&self) -> Vec<Box<dyn ToSql + '_>> {
        let mut parameters: Vec<Box<dyn ToSql + '_>> = Vec::new();
        for edge in [&self.from, &self.until] {
            match edge {
                Edge::Open => {}
                Edge::Value(_, value) => parameters.push(Box::new(Indexed(value))),
                Edge::Item(_, value, id) => {
                    parameters.push(Box::new(Indexed(value)));
                    parameters.push(Box::new(Key(*id)));
                }
            }
        }
        parameters
    }
}

/// The statement that reads one range: company and key fields are bound first, then the edges.
fn range_sql(index: &IndexTable, scan: &Scan, span: &Span<'_>) -> String {
    let last = scan.keys.len();
    let mut sql = format!("SELECT f{last}, id, row FROM {} WHERE company = ?", index.name);
    for n in 0..last {
        // Writing to a string does not fail.
        let _ = write!(sql, " AND f{n} = ?");
    }
    for edge in [&span.from, &span.until] {
        let _ = match edge {
            Edge::Open => Ok(()),
            Edge::Value(operator, _) => write!(sql, " AND f{last} {operator} ?"),
            Edge::Item(operator, ..) => write!(sql, " AND (f{last}, id) {operator} (?, ?)"),
        };
    }
    let direction = match scan.direction {
        Direction::Ascending => "",
        Direction::Descending => " DESC",
    };
    let _ = write!(sql, " ORDER BY f{last}{direction}, id{direction}");
    sql
}
