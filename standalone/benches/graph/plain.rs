//! The same graph on async-graphql, as its users write it: types with resolvers, and a DataLoader for each batch method.
//!
//! It has as much of the schema as the queries need, and tonic's clients. Calls name no fields, as a resolver does not
//! know what is selected below it; nothing of async-graphql is set otherwise than it is by default.
//!
//! | module | what |
//! |---|---|
//! | [`query`] | the roots |
//! | [`account`], [`customer`], [`employee`], [`order`] | the types |
//! | [`value`] | what several types have in common |
//! | [`loader`] | the loaders |

mod account;
mod customer;
mod employee;
mod loader;
mod order;
mod query;
mod value;

use std::sync::Arc;

use async_graphql::{EmptyMutation, EmptySubscription, Schema};
use async_graphql_axum::{GraphQLRequest, GraphQLResponse};
use axum::{
    Extension, Router,
    extract::State,
    response::{IntoResponse as _, Response},
    routing::post,
};

use crate::{call::Call, handwritten::App, server};
use loader::{Accounts, Customers, EmployeeOrders, Employees, loader};
use query::Query;

/// The argument with which the benchmark's program is this contestant.
pub(crate) const COMMAND: &str = "plain";

type Graph = Schema<Query, EmptyMutation, EmptySubscription>;

/// What resolvers of one request work with.
struct Scope {
    app: Arc<App>,
    call: Call,
}

/// Serves until it is killed.
pub(crate) fn run() -> anyhow::Result<()> {
    server::run(async |settings| {
        let schema: Graph = Schema::new(Query, EmptyMutation, EmptySubscription);
        let routes = Router::new().route("/graphql", post(graphql)).layer(Extension(schema));
        Ok(routes.with_state(Arc::new(App::new(&settings)?)))
    })
}

async fn graphql(State(app): State<Arc<App>>, Extension(schema): Extension<Graph>, call: Call, request: GraphQLRequest) -> Response {
    let scope = Arc::new(Scope { app, call });
    let request = request
        .into_inner()
        .data(loader(Accounts(scope.clone())))
        .data(loader(Customers(scope.clone())))
        .data(loader(Employees(scope.clone())))
        .data(loader(EmployeeOrders(scope.clone())))
        .data(scope.clone());
    let answer = GraphQLResponse::from(schema.execute(request).await);
    scope.call.counted(answer.into_response())
}
