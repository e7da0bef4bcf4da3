//! The service as its callers have it: over gRPC, within this process.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "what fails in a test fails the test")]

mod bad_input;
mod changes;
mod harness;
mod history;
mod lists;
mod logins;
mod masks;
mod photos;
mod roles;
mod search;
