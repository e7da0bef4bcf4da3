//! The walk over a query, level by level.

use std::{any::Any, any::TypeId, collections::HashMap, collections::HashSet, sync::Arc};

use super::{Batch, Selection, Shelves};
use crate::scope::Scope;

/// Says what the fields selected on a value lead to.
pub(crate) trait Expand {
    /// Calls [`Plan::follow`] for each selected field that another call must answer.
    fn expand(&self, selection: &Selection, plan: &mut Plan);
}

impl<T: Expand> Expand for Arc<T> {
    fn expand(&self, selection: &Selection, plan: &mut Plan) {
        self.as_ref().expand(selection, plan);
    }
}

/// The next level of a query: what it asks, and what was selected on the answers.
#[derive(Default)]
pub(crate) struct Plan(HashMap<(TypeId, usize), Box<dyn Step>>);

impl Plan {
    /// Asks `key` of the batch method `B`; its answer is expanded by `selection`.
    pub(crate) fn follow<B: Batch<Value: Expand>>(&mut self, key: B::Key, selection: &Selection) {
        let step = self
            .0
            .entry((TypeId::of::<B>(), selection.identity()))
            .or_insert_with(|| Box::new(Follow::<B> { selection: selection.clone(), keys: HashSet::new() }));
        if let Some(follow) = step.as_any().downcast_mut::<Follow<B>>() {
            follow.keys.insert(key);
        }
    }

    /// Loads this level and all below it. Ends because each level stands one deeper in the query.
    pub(crate) async fn run(mut self, scope: &Scope) {
        while !self.0.is_empty() {
            let shelves = scope.shelves();
            self.0.values().for_each(|step| step.want(shelves));
            shelves.load_wanted(scope).await;
            let mut next = Self::default();
            self.0.values().for_each(|step| step.arrived(shelves, &mut next));
            self = next;
        }
    }
}

/// Questions to one batch method whose answers have one selection.
trait Step: Send + Sync {
    fn want(&self, shelves: &Shelves);
    fn arrived(&self, shelves: &Shelves, next: &mut Plan);
    fn as_any(&mut self) -> &mut dyn Any;
}

struct Follow<B: Batch> {
    selection: Selection,
    keys: HashSet<B::Key>,
}

impl<B: Batch<Value: Expand>> Step for Follow<B> {
    fn want(&self, shelves: &Shelves) {
        let shelf = shelves.of::<B>();
        self.keys.iter().for_each(|key| shelf.want(key));
    }

    fn arrived(&self, shelves: &Shelves, next: &mut Plan) {
        if self.selection.is_empty() {
            return;
        }
        let shelf = shelves.of::<B>();
        for value in self.keys.iter().filter_map(|key| shelf.get(key)).flatten() {
            value.expand(&self.selection, next);
        }
    }

    fn as_any(&mut self) -> &mut dyn Any {
        self
    }
}

#[cfg(test)]
mod tests;
