//! The customer service as its callers see it: over gRPC through all layers of a call, without sockets, on a store of its own.
//!
//! | module | what must hold |
//! |---|---|
//! | [`access`] | who may do what: roles × methods, other companies |
//! | [`bad_input`] | every wrong request gets its typed error, with the field |
//! | [`editing`] | what each method does, what others are told, what history keeps |
//! | [`erasing`] | what is left of a customer who was erased |
//! | [`lists`] | filters, order, pages while others write |
//! | [`masks`] | what is asked for is answered and read, and nothing else |
//! | [`search`] | who is found, in which order |
//! | [`orders`] | what orders' events do |
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "what fails in a test fails the test")]

mod access;
mod bad_input;
mod editing;
mod erasing;
mod lists;
mod masks;
mod office;
mod orders;
mod search;
