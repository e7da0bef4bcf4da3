//! The service as its callers know it: over gRPC within this process, on a store in memory.
//!
//! | module | what must hold |
//! |---|---|
//! | `life` | an order's way from taking it to its completion, with the events and the history of it |
//! | `bad_input` | wrong requests get the typed error that names the field |
//! | `assignment` | of those who assign or reschedule at once exactly one wins |
//! | `access` | who may do what: roles × methods |
//! | `lists` | filters, pages, and what a page costs |
//! | `masks` | what is asked for is answered, and nothing else |
//! | `erasing` | nothing here tells of a customer who was erased |
//! | `following` | orders follow customers and employees, whatever way their events come |
//! | `house` | what the tests have in common |
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test's assertions")]

mod access;
mod assignment;
mod bad_input;
mod erasing;
mod following;
mod house;
mod life;
mod lists;
mod masks;
