//! Connections, by the Relay specification.

use std::{borrow::Cow, sync::Arc};

use async_graphql::{Context, OutputType, SimpleObject, TypeName};

use super::error::{Field, field_error, found};
use crate::read::{self, Batch, Expand, Plan, Selected, Selection};

/// A page of a list, as a service gave it.
pub(crate) struct Page<T> {
    pub(crate) items: Vec<T>,
    pub(crate) cursors: Vec<String>,
    pub(crate) has_next: bool,
    pub(crate) has_previous: bool,
}

/// A page is expanded by what is selected on its connection's nodes.
impl<T: Expand> Expand for Page<T> {
    fn expand(&self, selection: &Selection, plan: &mut Plan) {
        for item in &self.items {
            item.expand(selection, plan);
        }
    }
}

/// Follows a field whose value is a connection: asks `key` once for each selection of its nodes.
pub(crate) fn follow<B, T>(plan: &mut Plan, field: &Selected, key: &B::Key)
where
    B: Batch<Value = Arc<Page<T>>>,
    T: Expand,
{
    let mut any = false;
    for nodes in field.connection_nodes() {
        plan.follow::<B>(key.clone(), nodes);
        any = true;
    }
    if !any {
        plan.follow::<B>(key.clone(), &Selection::default());
    }
}

/// A page of a list.
#[derive(SimpleObject)]
#[graphql(name_type)]
pub(crate) struct Connection<T: OutputType> {
    /// The items with their cursors.
    edges: Vec<Edge<T>>,
    /// The items.
    nodes: Vec<T>,
    /// Where the page stands in the list.
    page_info: PageInfo,
}

impl<T: OutputType> TypeName for Connection<T> {
    fn type_name() -> Cow<'static, str> {
        format!("{}Connection", T::type_name()).into()
    }
}

/// An item of a list with its place.
#[derive(SimpleObject)]
#[graphql(name_type)]
pub(crate) struct Edge<T: OutputType> {
    /// Continues after this item, as `after`.
    cursor: String,
    /// The item.
    node: T,
}

impl<T: OutputType> TypeName for Edge<T> {
    fn type_name() -> Cow<'static, str> {
        format!("{}Edge", T::type_name()).into()
    }
}

/// Where a page stands in its list.
#[derive(SimpleObject)]
pub(crate) struct PageInfo {
    /// Whether there are items after this page.
    has_next_page: bool,
    /// Whether the page was asked for with `after`, so that there may be items before it.
    has_previous_page: bool,
    /// The cursor of the first item; null on an empty page.
    start_cursor: Option<String>,
    /// The cursor of the last item, with which the next page is asked for; null on an empty page.
    end_cursor: Option<String>,
}

impl<T: OutputType + Clone> From<Arc<Page<T>>> for Connection<T> {
    fn from(page: Arc<Page<T>>) -> Self {
        Self {
            edges: page.cursors.iter().zip(&page.items).map(|(cursor, node)| Edge { cursor: cursor.clone(), node: node.clone() }).collect(),
            nodes: page.items.clone(),
            page_info: PageInfo {
                has_next_page: page.has_next,
                has_previous_page: page.has_previous,
                start_cursor: page.cursors.first().cloned(),
                end_cursor: page.cursors.last().cloned(),
            },
        }
    }
}

/// The connection that a batch method answers `key` with.
pub(crate) async fn of<B, T>(ctx: &Context<'_>, key: kernel::Result<B::Key>) -> Field<Connection<T>>
where
    B: Batch<Value = Arc<Page<T>>>,
    T: OutputType + Clone,
{
    match key {
        Ok(key) => found(read::get::<B>(ctx, key).await.map(Connection::from)),
        Err(error) => Some(Err(field_error(&error))),
    }
}

/// What a search found.
#[derive(SimpleObject)]
#[graphql(name_type)]
pub(crate) struct SearchResult<T: OutputType> {
    /// What was found, the best first.
    nodes: Vec<T>,
    /// Whether there are more than these.
    more: bool,
}

impl<T: OutputType> TypeName for SearchResult<T> {
    fn type_name() -> Cow<'static, str> {
        format!("{}SearchResult", T::type_name()).into()
    }
}

impl<T: OutputType + Clone> From<Arc<Page<T>>> for SearchResult<T> {
    fn from(page: Arc<Page<T>>) -> Self {
        Self { nodes: page.items.clone(), more: page.has_next }
    }
}
