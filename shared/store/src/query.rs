//! What can be asked for: filters, order, pages.

use kernel::{Cursor, Id, PageSize, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A value that can be indexed and compared.
///
/// The order is null, then booleans and integers, then text by its UTF-8 bytes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// Null, or a field that is missing.
    Null,
    /// A boolean.
    Bool(bool),
    /// An integer; moments in time are microseconds.
    Int(i64),
    /// Text; identifiers too.
    Text(String),
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}
impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}
impl From<&String> for Value {
    fn from(text: &String) -> Self {
        Self::Text(text.clone())
    }
}
impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}
impl From<i32> for Value {
    fn from(number: i32) -> Self {
        Self::Int(number.into())
    }
}
impl From<u32> for Value {
    fn from(number: u32) -> Self {
        Self::Int(number.into())
    }
}
impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Self::Bool(flag)
    }
}
impl From<Timestamp> for Value {
    fn from(at: Timestamp) -> Self {
        Self::Int(at.as_micros())
    }
}
impl From<Uuid> for Value {
    fn from(id: Uuid) -> Self {
        Self::Text(id.to_string())
    }
}
impl<K> From<Id<K>> for Value {
    fn from(id: Id<K>) -> Self {
        id.uuid().into()
    }
}
impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// A condition on one field. On an array it holds where it holds for one element.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Filter {
    /// The field has this value; null also finds documents where it is missing or an empty array.
    Eq(&'static str, Value),
    /// The field has one of these values; with none nothing is found.
    In(&'static str, Vec<Value>),
    /// The field is not null and within the bounds given.
    Range {
        /// The field.
        field: &'static str,
        /// The least value, included.
        from: Option<Value>,
        /// The end, excluded.
        until: Option<Value>,
    },
}

impl Filter {
    /// The field that the condition is on.
    #[must_use]
    pub fn field(&self) -> &'static str {
        match self {
            Self::Eq(field, _) | Self::In(field, _) | Self::Range { field, .. } => field,
        }
    }
}

/// Which end of a list comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub enum Direction {
    /// The least first.
    #[default]
    Ascending,
    /// The greatest first.
    Descending,
}

/// A list that is asked for: filters, order and page. Items with equal sort values are in the order of their
/// identifiers, so that every item has its one place.
///
/// ```
/// use store::Query;
/// let query = Query::by("starts_at").descending().eq("customer_id", "c-1").is_in("status", ["SCHEDULED", "DRAFT"]).page(50, None);
/// assert_eq!(query.page_size, 50);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// All of these hold.
    pub filters: Vec<Filter>,
    /// The field that gives the order; no array.
    pub sort: &'static str,
    /// Its direction.
    pub direction: Direction,
    /// The most items of a page, 1 to [`Query::MAX_PAGE_SIZE`].
    pub page_size: usize,
    /// The cursor to go on from; `None` for the first page.
    pub page_token: Option<String>,
}

impl Query {
    /// The largest page. Callers from outside get 100 at most; this is for a service's own work.
    pub const MAX_PAGE_SIZE: usize = 1_000;

    /// All documents in ascending order of `sort`, the first page of the default size.
    #[must_use]
    pub fn by(sort: &'static str) -> Self {
        Self { filters: Vec::new(), sort, direction: Direction::Ascending, page_size: PageSize::DEFAULT.get(), page_token: None }
    }

    /// The greatest first.
    #[must_use]
    pub fn descending(self) -> Self {
        self.direction(Direction::Descending)
    }

    /// In the direction given.
    #[must_use]
    pub fn direction(mut self, direction: Direction) -> Self {
        self.direction = direction;
        self
    }

    /// Only where `field` has `value`.
    #[must_use]
    pub fn eq(self, field: &'static str, value: impl Into<Value>) -> Self {
        self.filter(Filter::Eq(field, value.into()))
    }

    /// Only where `field` has one of `values`.
    #[must_use]
    pub fn is_in<V: Into<Value>>(self, field: &'static str, values: impl IntoIterator<Item = V>) -> Self {
        self.filter(Filter::In(field, values.into_iter().map(Into::into).collect()))
    }

    /// Only where `field` is at least `from` and below `until`; a bound that is `None` does not count.
    #[must_use]
    pub fn range<V: Into<Value>>(self, field: &'static str, from: Option<V>, until: Option<V>) -> Self {
        self.filter(Filter::Range { field, from: from.map(Into::into), until: until.map(Into::into) })
    }

    /// Only where `filter` holds too.
    #[must_use]
    pub fn filter(mut self, filter: Filter) -> Self {
        self.filters.push(filter);
        self
    }

    /// The page of `size` items after the cursor `token`; an empty token is the first page (AIP-158).
    #[must_use]
    pub fn page(mut self, size: usize, token: impl Into<Option<String>>) -> Self {
        self.page_size = size;
        self.page_token = token.into().filter(|token| !token.is_empty());
        self
    }
}

/// How a database carries a [`Query`] out: for tests that hold a list to its cost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explained {
    /// The index that serves it: the declared name.
    pub index: String,
    /// Index entries read.
    pub keys: u64,
    /// Documents read.
    pub documents: u64,
    /// Whether more was read than the page, to put it in order: never with an index as declared.
    pub sorted_in_memory: bool,
}

/// A part of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<D> {
    /// The items in order.
    pub items: Vec<D>,
    /// For each item the place after it.
    pub cursors: Vec<Cursor>,
    /// Whether the list goes on after the last item.
    pub more: bool,
}

impl<D> Page<D> {
    /// The token of the next page; `None` where this is the last one.
    #[must_use]
    pub fn next_page_token(&self) -> Option<String> {
        self.cursors.last().filter(|_| self.more).map(Cursor::encode)
    }

    /// For each item the page token that goes on after it.
    #[must_use]
    pub fn tokens(&self) -> Vec<String> {
        self.cursors.iter().map(Cursor::encode).collect()
    }

    /// The same page with each item turned into something else.
    #[must_use]
    pub fn map<T>(self, turn: impl FnMut(D) -> T) -> Page<T> {
        Page { items: self.items.into_iter().map(turn).collect(), cursors: self.cursors, more: self.more }
    }
}

impl<D> Default for Page<D> {
    fn default() -> Self {
        Self { items: Vec::new(), cursors: Vec::new(), more: false }
    }
}
