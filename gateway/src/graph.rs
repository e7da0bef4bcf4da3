//! The graph: one file an entity, with its GraphQL type, its batch methods, and what its fields lead to.

pub(crate) mod account;
pub(crate) mod actor;
pub(crate) mod address;
pub(crate) mod connection;
pub(crate) mod customer;
pub(crate) mod employee;
pub(crate) mod enumeration;
pub(crate) mod error;
pub(crate) mod history;
pub(crate) mod id;
pub(crate) mod money;
pub(crate) mod mutation;
pub(crate) mod name;
pub(crate) mod order;
pub(crate) mod part;
pub(crate) mod query;
pub(crate) mod scalar;

use std::sync::Arc;

use async_graphql::{
    EmptySubscription, Response, Schema,
    extensions::{Extension, ExtensionContext, ExtensionFactory, NextExecute},
};
use async_trait::async_trait;

/// The schema that the gateway serves.
pub(crate) type GatewaySchema = Schema<query::Query, mutation::Mutation, EmptySubscription>;

/// Builds the schema.
///
/// No extension is ever added: any of them switches off async-graphql's fast paths. Limits, tracing and the like are
/// done round the execution, in [`http`](crate::http).
#[must_use]
pub(crate) fn schema() -> GatewaySchema {
    Schema::build(query::Query, mutation::Mutation::default(), EmptySubscription).disable_suggestions().finish()
}

/// The same schema, by which operations are validated, and not executed.
pub(crate) fn validating_schema() -> GatewaySchema {
    Schema::build(query::Query, mutation::Mutation::default(), EmptySubscription).disable_suggestions().extension(ValidateOnly).finish()
}

/// Ends the execution of an operation before it begins.
struct ValidateOnly;

impl ExtensionFactory for ValidateOnly {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Self)
    }
}

#[async_trait]
impl Extension for ValidateOnly {
    async fn execute(&self, _: &ExtensionContext<'_>, _: Option<&str>, _: NextExecute<'_>) -> Response {
        Response::default()
    }
}

/// The schema in the schema definition language, as `schema.graphql` holds it.
#[must_use]
pub fn sdl() -> String {
    schema().sdl()
}

#[cfg(test)]
mod tests;
