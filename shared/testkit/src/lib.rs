//! What tests of several crates share. It panics where a test should fail.
//!
//! | module | what |
//! |---|---|
//! | [`wait`] | waiting for a condition, with a deadline |
//! | [`graph`] | a client of the GraphQL endpoint |
//! | [`program`] | a program as a process of its own, which can be killed |
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test's assertions")]

pub mod graph;
pub mod program;
pub mod wait;

pub use graph::Graph;
pub use program::Running;
pub use wait::until;
