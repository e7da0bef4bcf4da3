//! The roots of queries.

use std::sync::Arc;

use async_graphql::{Context, ID, Object, Result};
use contracts::crm::{customer::v1 as customer, order::v1 as order};

use super::{
    Scope,
    account::Viewer,
    customer::Customer,
    order::{Order, OrderFilter, OrdersQuery},
    value::Connection,
};

pub(super) struct Query;

#[Object]
impl Query {
    async fn me(&self, ctx: &Context<'_>) -> Result<Viewer> {
        Ok(Viewer::from(&ctx.data::<Arc<Scope>>()?.call.viewer))
    }

    async fn order(&self, ctx: &Context<'_>, id: ID) -> Result<Option<Order>> {
        let Scope { app, call } = &**ctx.data::<Arc<Scope>>()?;
        let id = id.strip_prefix("order_").ok_or("must be the id of an order")?.to_owned();
        let answer = app.order.clone().get_order(call.request(order::GetOrderRequest { id })).await?.into_inner();
        Ok(answer.order.map(Order::from))
    }

    async fn orders(&self, ctx: &Context<'_>, first: Option<i32>, filter: Option<OrderFilter>) -> Result<Connection<Order>> {
        let Scope { app, call } = &**ctx.data::<Arc<Scope>>()?;
        let request = OrdersQuery { first, filter, employee_id: None }.request();
        Ok(app.order.clone().list_orders(call.request(request)).await?.into_inner().into())
    }

    async fn customers(&self, ctx: &Context<'_>, first: Option<i32>) -> Result<Connection<Customer>> {
        let Scope { app, call } = &**ctx.data::<Arc<Scope>>()?;
        let request = customer::ListCustomersRequest { page_size: first, ..customer::ListCustomersRequest::default() };
        Ok(app.customer.clone().list_customers(call.request(request)).await?.into_inner().into())
    }
}
