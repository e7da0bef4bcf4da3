//! The queries, and how each contestant is asked them.

use anyhow::Context as _;
use bytes::Bytes;
use http_body_util::Full;
use hyper::{
    Method, Request,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST},
};
use serde_json::{Value, json};

use crate::{arguments::QueryName, compare::data, http::Connection, peers};

/// The header that asks for, and tells, the number of gRPC calls.
pub(crate) const RPC_COUNT: &str = "x-rpc-count";

/// A query, ready to be asked.
#[derive(Debug)]
pub(crate) struct Query {
    pub(crate) name: QueryName,
    /// The body of a GraphQL request.
    graphql: Bytes,
    /// The body of a request to the contestant that has a schema of its own.
    own: Bytes,
    /// The path of the handler that was written for it.
    path: String,
}

/// The form in which a contestant is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// A document with its variables, by POST.
    GraphQl,
    /// The same to a schema that a contestant made of the contracts.
    Own,
    /// A path of its own, by GET.
    Path,
}

impl Query {
    /// The queries of these names: of orders from now on.
    pub(crate) async fn all(names: &[QueryName], gateway: &mut Connection, token: &str) -> anyhow::Result<Vec<Self>> {
        let from = kernel::Env::system().now().to_string();
        let first = "query First($from: DateTime!) { orders(first: 1, filter: { startsFrom: $from }) { nodes { id } } }";
        let answer = gateway.send(graphql(&json!({ "query": first, "variables": { "from": from } }), Some(token))?).await?;
        let order = data(&answer.body)?["orders"]["nodes"][0]["id"].as_str().context("the demo has no orders to come")?.to_owned();
        Ok(names.iter().map(|name| Self::new(*name, &from, &order)).collect())
    }

    fn new(name: QueryName, from: &str, order: &str) -> Self {
        let (document, variables, parameter) = match name {
            QueryName::Large => {
                (include_str!("../../../gateway/operations/orders.graphql"), json!({ "from": from }), format!("?from={from}"))
            }
            QueryName::Deep => {
                (include_str!("../../../gateway/operations/crews.graphql"), json!({ "from": from }), format!("?from={from}"))
            }
            QueryName::Small => (include_str!("../../../gateway/operations/order.graphql"), json!({ "id": order }), format!("?id={order}")),
            QueryName::List => (include_str!("../../../gateway/operations/customers.graphql"), json!({}), String::new()),
            QueryName::One => (include_str!("../../../gateway/operations/viewer.graphql"), json!({}), String::new()),
        };
        let graphql = json!({ "query": document, "variables": variables }).to_string().into();
        let own = peers::query(name, &variables).to_string().into();
        Self { name, graphql, own, path: format!("/{name}{parameter}") }
    }

    /// The request that asks it, by the viewer with that token.
    pub(crate) fn request(&self, form: Form, token: &str) -> anyhow::Result<Request<Full<Bytes>>> {
        let request = match form {
            Form::GraphQl => post(self.graphql.clone()),
            Form::Own => post(self.own.clone()),
            Form::Path => Request::builder().uri(&self.path).header(HOST, "localhost").body(Full::default()),
        };
        signed(request?, Some(token))
    }
}

/// A GraphQL request, by the viewer with that token.
pub(crate) fn graphql(body: &Value, token: Option<&str>) -> anyhow::Result<Request<Full<Bytes>>> {
    signed(post(body.to_string().into())?, token)
}

fn post(body: Bytes) -> hyper::http::Result<Request<Full<Bytes>>> {
    let request =
        Request::builder().method(Method::POST).uri("/graphql").header(HOST, "localhost").header(CONTENT_TYPE, "application/json");
    request.header(ACCEPT, "application/json").body(Full::new(body))
}

fn signed(mut request: Request<Full<Bytes>>, token: Option<&str>) -> anyhow::Result<Request<Full<Bytes>>> {
    if let Some(token) = token {
        request.headers_mut().insert(AUTHORIZATION, format!("Bearer {token}").parse()?);
    }
    request.headers_mut().insert(RPC_COUNT, "1".parse()?);
    Ok(request)
}
