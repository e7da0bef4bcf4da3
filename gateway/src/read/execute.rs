//! The execution of a query.

use std::collections::HashMap;

use async_graphql::{
    Name, Positioned, ServerError, Variables,
    parser::types::{FragmentDefinition, OperationDefinition},
};

use super::{Calls, Compiler, Masks, ObjectPlan, Wave, Writer};
use crate::{
    graph::query::{Query as Root, QueryField},
    scope::Scope,
};

/// The plan of a query.
pub(crate) struct Query {
    root: ObjectPlan<QueryField>,
    masks: Masks,
}

impl Query {
    /// Plans a query that has passed validation. `variables` has the defaults of those that were not sent; without any, it is planned with
    /// all that any could include.
    pub(crate) fn plan(
        operation: &OperationDefinition,
        fragments: &HashMap<Name, Positioned<FragmentDefinition>>,
        variables: &Variables,
    ) -> Self {
        let compiler = Compiler { fragments, variables };
        let root = ObjectPlan::compile::<Root>(&[&operation.selection_set.node], &compiler);
        Self { masks: calls(&root).masks(), root }
    }

    /// The calls that it makes.
    pub(crate) fn calls(&self) -> Calls {
        calls(&self.root)
    }
}

fn calls(root: &ObjectPlan<QueryField>) -> Calls {
    let mut calls = Calls::default();
    root.calls::<Root>(0, &mut calls);
    calls
}

/// How a response begins.
pub(crate) const BEGINNING: &[u8] = b"{\"data\":";

/// Executes a query: the response as JSON up to the end of its data, and the errors of its fields.
pub(crate) async fn execute(query: &Query, scope: &Scope) -> (Vec<u8>, Vec<ServerError>) {
    let mut wave = Wave::new(scope, &query.masks);
    query.root.wants(&Root, &mut wave);
    let (shelves, notes) = wave.run().await;
    let mut writer = Writer::new(&shelves, &notes);
    query.root.write(&Root, &mut writer);
    writer.finish()
}
