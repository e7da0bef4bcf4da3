//! Connections, by the Relay specification.

use std::{borrow::Cow, sync::Arc};

use async_graphql::{Context, OutputType, TypeName};
use contracts::view::{Str, wire::HeldTexts};

use crate::{
    cache::Known,
    read::{Collected, Compiler, Form, Object, ObjectPlan, Reads, Value, Writer, object},
};

/// A page of a list, as a service gave it.
pub(crate) struct Page<T> {
    pub(crate) items: Vec<T>,
    /// For each item; none where they were not asked for.
    pub(crate) cursors: HeldTexts,
    pub(crate) has_next: bool,
    pub(crate) has_previous: bool,
}

impl<T: Known> Known for Arc<Page<T>> {
    fn version(&self) -> u64 {
        0
    }

    fn compact(&self) -> Self {
        let items = self.items.iter().map(T::compact).collect();
        Arc::new(Page { items, cursors: self.cursors.compact(), has_next: self.has_next, has_previous: self.has_previous })
    }
}

/// What lists hold.
pub(crate) trait Item:
    Object + Value<Plan = ObjectPlan<<Self as Object>::Field>, Output = Self> + OutputType + Sync + 'static
{
}

impl<T: Object + Value<Plan = ObjectPlan<<T as Object>::Field>, Output = T> + OutputType + Sync + 'static> Item for T {}

/// A page of a list.
pub(crate) struct Connection<T>(Arc<Page<T>>);

impl<T> Form<Arc<Page<T>>> for Connection<T> {
    fn of(page: Arc<Page<T>>) -> Self {
        Self(page)
    }

    fn look<R>(page: &Arc<Page<T>>, look: impl FnOnce(&Self) -> R) -> R {
        look(&Self(page.clone()))
    }
}

impl<T: OutputType> TypeName for Connection<T> {
    fn type_name() -> Cow<'static, str> {
        format!("{}Connection", T::type_name()).into()
    }
}

/// A page of a list.
#[object]
impl<T: Item> Connection<T> {
    /// The items with their cursors.
    fn edges(&self) -> Vec<Edge<'_, T>> {
        let mut cursors = self.0.cursors.iter();
        self.0.items.iter().map(|node| Edge { cursor: cursors.next().unwrap_or_default(), node }).collect()
    }

    /// The items.
    fn nodes(&self) -> &[T] {
        &self.0.items
    }

    /// Where the page stands in the list.
    fn page_info(&self) -> PageInfo<'_> {
        PageInfo { has_next: self.0.has_next, has_previous: self.0.has_previous, cursors: &self.0.cursors }
    }
}

/// An item of a list with its place.
pub(crate) struct Edge<'a, T> {
    cursor: Str<'a>,
    node: &'a T,
}

impl<T: OutputType> TypeName for Edge<'_, T> {
    fn type_name() -> Cow<'static, str> {
        format!("{}Edge", T::type_name()).into()
    }
}

/// An item of a list with its place.
#[object]
impl<T: Item> Edge<'_, T> {
    /// Continues after this item, as `after`.
    fn cursor(&self) -> Cursor<'_> {
        Cursor(self.cursor)
    }

    /// The item.
    fn node(&self) -> &T {
        self.node
    }
}

/// The place of an item in its list, which services tell only where it is read.
pub(crate) struct Cursor<'a>(Str<'a>);

impl Value for Cursor<'_> {
    type Plan = ();
    type Output = String;

    fn plan(_: &Collected<'_>, _: &Compiler<'_>) {}

    fn reads((): &(), reads: &mut Reads) {
        reads.add(Reads::CURSORS);
    }

    fn write<'p>(&self, (): &'p (), out: &mut Writer<'p>) {
        out.string(self.0);
    }

    async fn resolve(self, _: &Context<'_>) -> String {
        self.0.as_str().to_owned()
    }
}

/// Where a page stands in its list.
pub(crate) struct PageInfo<'a> {
    has_next: bool,
    has_previous: bool,
    cursors: &'a HeldTexts,
}

/// Where a page stands in its list.
#[object]
impl PageInfo<'_> {
    /// Whether there are items after this page.
    fn has_next_page(&self) -> bool {
        self.has_next
    }

    /// Whether the page was asked for with `after`, so that there may be items before it.
    fn has_previous_page(&self) -> bool {
        self.has_previous
    }

    /// The cursor of the first item; null on an empty page.
    fn start_cursor(&self) -> Option<Cursor<'_>> {
        self.cursors.iter().next().map(Cursor)
    }

    /// The cursor of the last item, with which the next page is asked for; null on an empty page.
    fn end_cursor(&self) -> Option<Cursor<'_>> {
        self.cursors.iter().last().map(Cursor)
    }
}

/// What a search found.
pub(crate) struct SearchResult<T>(Arc<Page<T>>);

impl<T> Form<Arc<Page<T>>> for SearchResult<T> {
    fn of(page: Arc<Page<T>>) -> Self {
        Self(page)
    }

    fn look<R>(page: &Arc<Page<T>>, look: impl FnOnce(&Self) -> R) -> R {
        look(&Self(page.clone()))
    }
}

impl<T: OutputType> TypeName for SearchResult<T> {
    fn type_name() -> Cow<'static, str> {
        format!("{}SearchResult", T::type_name()).into()
    }
}

/// What a search found.
#[object]
impl<T: Item> SearchResult<T> {
    /// What was found, the best first.
    fn nodes(&self) -> &[T] {
        &self.0.items
    }

    /// Whether there are more than these.
    fn more(&self) -> bool {
        self.0.has_next
    }
}
