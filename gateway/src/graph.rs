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
pub(crate) mod query;
pub(crate) mod scalar;

use async_graphql::{EmptySubscription, Schema};

use crate::read::Root;

/// The schema that the gateway serves.
pub(crate) type GatewaySchema = Schema<query::Query, mutation::Mutation, EmptySubscription>;

/// Builds the schema.
///
/// No extension is ever added: any of them switches off async-graphql's fast paths. Limits, tracing and the like are
/// done round the execution, in [`http`](crate::http).
#[must_use]
pub(crate) fn schema() -> GatewaySchema {
    Schema::build(query::Query, mutation::Mutation::default(), EmptySubscription).data(Root(query::plan)).disable_suggestions().finish()
}

/// The schema in the schema definition language, as `schema.graphql` holds it.
#[must_use]
pub fn sdl() -> String {
    schema().sdl()
}

#[cfg(test)]
mod tests;
