//! How many calls a plan makes.

use std::collections::BTreeSet;

use super::{Batch, Value};

/// The calls of a plan, at the most: one for each batch method on each level of the query, and one for each question to a method that
/// takes but one.
#[derive(Default)]
pub(crate) struct Calls {
    batches: BTreeSet<(usize, &'static str)>,
    single: Vec<(usize, &'static str)>,
}

impl Calls {
    /// Those of a plan of a value.
    pub(super) fn of<V: Value>(plan: &V::Plan) -> Self {
        let mut calls = Self::default();
        V::calls(plan, 0, &mut calls);
        calls
    }

    /// A question to `B` on that level.
    pub(super) fn add<B: Batch>(&mut self, level: usize) {
        if B::LIMIT == 1 {
            self.single.push((level, B::METHOD));
        } else {
            self.batches.insert((level, B::METHOD));
        }
    }

    /// One of several plans will be followed: the calls of the one that makes the most.
    pub(crate) fn add_most(&mut self, plans: impl IntoIterator<Item = Self>) {
        if let Some(most) = plans.into_iter().max_by_key(Self::count) {
            self.batches.extend(most.batches);
            self.single.extend(most.single);
        }
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.batches.len() + self.single.len()
    }
}

#[cfg(test)]
impl Calls {
    /// The batch methods that are asked for what stands below the root, and the methods that take but one question.
    pub(crate) fn below_root(&self) -> (BTreeSet<&'static str>, BTreeSet<&'static str>) {
        let below = |(level, method): &(usize, &'static str)| (*level > 0).then_some(*method);
        (self.batches.iter().filter_map(below).collect(), self.single.iter().filter_map(below).collect())
    }
}
