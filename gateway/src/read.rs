//! How the read graph is executed: planned, loaded level by level, and written straight into the bytes of the answer.
//!
//! 1. [`compile`] turns the selections of an operation into a plan: an [`ObjectPlan`] for each object, with its fields in the order of
//!    the answer, merged, their arguments read, what `@skip` and `@include` exclude left out.
//! 2. [`wave`] follows it. What a level needs is put on the [`Shelf`] of its batch method as a wanted key; all shelves with wanted keys
//!    are loaded at once, each with one call; what has arrived tells what the next level needs. There is no timer.
//!    [`notes`] keeps what became of each link, so that writing need not find it again.
//! 3. [`writer`] puts the fields that were selected, and nothing else, from the services' messages into the answer.
//!
//! An object is declared once, by [`object`]: its methods are its fields. What a field's method returns, a [`Value`], tells the rest: a
//! scalar is written, an object has a plan of its own, a [`Link`] is loaded.
//!
//! What is not planned ahead, the payloads of mutations and queries that look into the schema, async-graphql executes with the same
//! fields; their links are loaded by the same batch methods through the crate `dataloader`, which gathers the keys of resolvers that are
//! ready at the same time.

pub(crate) mod batch;
mod calls;
mod compile;
mod execute;
mod gather;
mod link;
mod notes;
mod object;
mod value;
mod wave;
mod writer;

pub(crate) use batch::{
    Answer, Batch, EntityId, batch_by_id, batch_pages, batch_search, by_key, collected, known, listed, mask_of, refusal,
};
pub(crate) use calls::{Calls, Masks, Reads};
pub(crate) use compile::{Collected, Compiler};
pub(crate) use execute::{BEGINNING, Query, execute};
pub(crate) use gateway_macros::object;
pub(crate) use gather::Loaders;
pub(crate) use link::{Form, Link};
pub(crate) use object::{Object, ObjectPlan};
pub(crate) use value::{Show, Shown, Text, Value, Words, leaf};
pub(crate) use wave::Wave;
pub(crate) use writer::Writer;
