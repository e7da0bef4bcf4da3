//! How the read graph is resolved: by look-ahead, level by level, one call per service method and level, no timer.
//!
//! 1. [`selection`] turns the operation into an owned tree: fragments opened, arguments with their variables.
//! 2. [`plan`] walks it. What a level needs is put on the [`shelf`] of its batch method as a wanted key; all shelves
//!    with wanted keys are loaded at once, each with one call; what has arrived tells what the next level needs.
//! 3. async-graphql's resolvers then find everything on the shelves.
//!
//! What is not planned ahead (the payload of a mutation) is loaded by the same batches through the crate
//! `dataloader`, which gathers the keys of resolvers that are ready at the same time.
//!
//! An entity takes part by two declarations beside its GraphQL type in `graph/`: a [`Batch`] for each batch
//! method of its service, and [`Expand`], which says what its fields lead to.

pub(crate) mod batch;
pub(crate) mod plan;
pub(crate) mod resolve;
pub(crate) mod selection;
pub(crate) mod shelf;

pub(crate) use batch::{Answer, Batch, batch_by_id, batch_pages, batch_search};
pub(crate) use plan::{Expand, Plan};
pub(crate) use resolve::{Loaders, Root, get, planned};
pub(crate) use selection::{Selected, Selection};
pub(crate) use shelf::Shelves;
