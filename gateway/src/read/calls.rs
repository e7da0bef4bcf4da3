//! The calls that a plan makes, and the fields that it reads of what they answer.

use std::{any::TypeId, collections::BTreeSet};

use contracts::mask::field_mask;
use prost_types::FieldMask;

use super::Batch;

/// For each batch method that a plan uses, the fields that it reads of the answers on each level.
#[derive(Debug, Default)]
pub(crate) struct Masks(Vec<(TypeId, usize, Reads)>);

impl Masks {
    /// What a call of `B` on that level asks for: what is read there, or further down, where the same thing is not asked for again.
    pub(super) fn of<B: Batch>(&self, level: usize) -> Reads {
        let further = self.0.iter().filter(|(batch, at, _)| *batch == TypeId::of::<B>() && *at >= level);
        further.fold(Reads::default(), |all, (_, _, reads)| all.with(reads.0))
    }
}

/// The calls of a plan, at the most: one for each batch method on each level of the query, and one for each question to a method that
/// takes but one.
#[derive(Default)]
pub(crate) struct Calls {
    batches: BTreeSet<(usize, &'static str)>,
    single: Vec<(usize, &'static str)>,
    /// How many questions there are below the first level.
    deeper: usize,
    /// Plans of which one of each will be followed. Nobody knows yet what others would ask together with it.
    choices: Vec<Vec<Self>>,
    reads: Vec<(TypeId, usize, Reads)>,
}

/// Fields of the messages of one entity, as the bits of [`contracts::mask::Mask`]. A mask of a call names all that the
/// query reads from its level on: what was loaded once need not be asked for again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Reads(u64);

impl Reads {
    /// What stands for the cursors of a page's items, which are no field of theirs.
    pub(crate) const CURSORS: u64 = 1 << 63;

    /// Adds fields of the message.
    pub(crate) fn add(&mut self, fields: u64) {
        self.0 |= fields;
    }

    /// Whether all of `others` are among them.
    pub(crate) fn has(self, others: Self) -> bool {
        self.0 & others.0 == others.0
    }

    /// Whether one of these fields is among them.
    pub(crate) fn has_any(self, fields: u64) -> bool {
        self.0 & fields != 0
    }

    /// These and those.
    pub(crate) fn with(self, fields: u64) -> Self {
        Self(self.0 | fields)
    }

    /// The mask of a call, of a message with these `paths`.
    pub(crate) fn mask(self, paths: &[&'static str]) -> FieldMask {
        field_mask(paths, self.0)
    }

    /// Those `fields` of a message that are among them, where they are of a part that stands in it as those `fields`; all of them where
    /// none is: that there is such a part is to be told too.
    pub(super) fn of_part(self, fields: u64) -> u64 {
        match fields & (self.0 << fields.trailing_zeros()) {
            0 => fields,
            some => some,
        }
    }
}

impl Calls {
    /// A question to `B` on that level, of whose answer the plan reads that.
    pub(super) fn add<B: Batch>(&mut self, level: usize, reads: Reads) {
        self.read(TypeId::of::<B>(), level, reads);
        self.deeper += usize::from(level > 0);
        if B::LIMIT == 1 {
            self.single.push((level, B::METHOD));
        } else {
            self.batches.insert((level, B::METHOD));
        }
    }

    /// One of several plans will be followed.
    pub(crate) fn add_one_of(&mut self, plans: impl IntoIterator<Item = Self>) {
        let mut plans: Vec<Self> = plans.into_iter().collect();
        for plan in &mut plans {
            std::mem::take(&mut plan.reads).into_iter().for_each(|(batch, level, reads)| self.read(batch, level, reads));
        }
        self.choices.push(plans);
    }

    fn read(&mut self, batch: TypeId, level: usize, reads: Reads) {
        match self.reads.iter_mut().find(|(known, at, _)| (*known, *at) == (batch, level)) {
            Some((_, _, known)) => known.add(reads.0),
            None => self.reads.push((batch, level, reads)),
        }
    }

    /// The masks of the calls, by their batch methods.
    pub(super) fn masks(&self) -> Masks {
        Masks(self.reads.clone())
    }

    /// How many there are at the most.
    pub(crate) fn count(&self) -> usize {
        self.certain().count() + self.most(Self::count)
    }

    /// How many there are at the most where what is asked for is [not planned](super::gather): what stands on the first level is asked for
    /// together, and so are the items of a list; but below one part of a level may have to wait for what another has already.
    pub(crate) fn count_unplanned(&self) -> usize {
        self.certain().filter(|(level, _)| *level == 0).count() + self.deeper + self.most(Self::count_unplanned)
    }

    fn certain(&self) -> impl Iterator<Item = &(usize, &'static str)> {
        self.batches.iter().chain(&self.single)
    }

    fn most(&self, count: impl Fn(&Self) -> usize + Copy) -> usize {
        self.choices.iter().map(|plans| plans.iter().map(count).max().unwrap_or_default()).sum()
    }
}

#[cfg(test)]
impl Calls {
    /// The batch methods that are asked for what stands below the root, and the methods that take but one question.
    pub(crate) fn below_root(&self) -> (BTreeSet<&'static str>, BTreeSet<&'static str>) {
        let below = |(level, method): &(usize, &'static str)| (*level > 0).then_some(*method);
        let all = || std::iter::once(self).chain(self.choices.iter().flatten());
        (
            all().flat_map(|calls| &calls.batches).filter_map(below).collect(),
            all().flat_map(|calls| &calls.single).filter_map(below).collect(),
        )
    }
}
