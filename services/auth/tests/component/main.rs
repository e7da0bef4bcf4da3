//! The auth service as its callers meet it: over gRPC within the process, on a real store and a real bus, at a fixed time.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, unreachable_pub, reason = "tests, also outside of #[test] functions")]

mod accounts;
mod admins;
mod employees;
mod house;
mod invitations;
mod keys;
mod masks;
mod matrix;
mod passwords;
mod secrets;
mod sessions;
mod sign_in;
