//! What must hold of the MongoDB adapter beyond the contract: what it costs, the layout of its database, faults.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod cost;
#[path = "../contract/fixture.rs"]
#[allow(dead_code, reason = "what the contract needs of it and these tests do not")]
mod fixture;
mod given_up;
mod layout;
mod minority;
mod scratch;
#[path = "../sqlite/thing.rs"]
#[allow(dead_code, reason = "what the other adapter's tests need of it and these do not")]
mod thing;
