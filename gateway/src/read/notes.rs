//! What became of the links of a query as they were followed, for the writing of its answer.
//!
//! Following asks each link of an object for its question, in the order of the fields; writing meets the same links in the same order.
//! So a question is put, and looked up, but once: following notes the answer's place, writing reads the note. The notes of one object are
//! a segment; what a link leads to is an object of its own, with a segment of its own.

use std::{collections::HashMap, sync::Arc};

use foldhash::fast::RandomState;
use kernel::Error;

/// What became of a field.
#[derive(Debug)]
pub(super) enum Note {
    /// Nothing was asked.
    Nothing,
    /// The answer is at that place of its shelf; where `optional`, what is not found is null without an error.
    At { place: usize, optional: bool },
    /// It could not be asked.
    Failed(Arc<Error>),
    /// A list of so many; their notes follow.
    List(usize),
}

/// The notes of a query.
#[derive(Debug, Default)]
pub(super) struct Notes {
    notes: Vec<Note>,
    /// Where the notes begin about what is at that place of its shelf, as it was followed by the plan at that address.
    segments: HashMap<(usize, usize), usize, RandomState>,
}

impl Notes {
    pub(super) fn add(&mut self, note: Note) {
        self.notes.push(note);
    }

    /// Makes room for so many more places.
    pub(super) fn reserve(&mut self, places: usize) {
        self.segments.reserve(places);
    }

    /// What follows is of that place, by that plan.
    pub(super) fn begin(&mut self, plan: usize, place: usize) {
        self.segments.insert((plan, place), self.notes.len());
    }

    /// Where those of that place begin, by that plan.
    pub(super) fn of(&self, plan: usize, place: usize) -> Option<usize> {
        self.segments.get(&(plan, place)).copied()
    }

    /// A note.
    pub(super) fn get(&self, at: usize) -> Option<&Note> {
        self.notes.get(at)
    }
}
