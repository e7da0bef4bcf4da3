//! What tests of several crates share. It panics where a test should fail.
//!
//! | module | what |
//! |---|---|
//! | [`bed`] | what surrounds a service under test: company, clock, store, bus, tokens |
//! | [`rpc`] | calls: the token on the way there, the error on the way back |
//! | [`fields`] | messages of which a mask asks for some fields |
//! | [`matrix`] | callers × methods, none left out |
//! | [`wait`] | waiting for a condition, with a deadline |
//! | [`graph`] | a client of the GraphQL endpoint |
//! | [`alone`] | a service as a program of its own |
//! | [`program`] | a program as a process of its own, which can be killed |
//! | [`later`] | a store or a broker that comes after the programs |
//! | [`house`] | the five programs as processes, with replicas, on MongoDB and RabbitMQ |
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test's assertions")]

pub mod alone;
pub mod bed;
pub mod fields;
pub mod graph;
pub mod house;
pub mod later;
pub mod matrix;
pub mod program;
pub mod rpc;
pub mod wait;

pub use bed::Bed;
pub use graph::Graph;
pub use house::House;
pub use program::Running;
pub use rpc::{Bearer, answer};
pub use wait::until;
