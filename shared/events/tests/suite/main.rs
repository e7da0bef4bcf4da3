//! Events from an outbox to their effects.
//!
//! | module | what |
//! |---|---|
//! | [`contract`] | what every bus must hold |
//! | [`in_process`] | the in-process bus, put to it |
//! | [`rabbitmq`] | the bus on RabbitMQ, put to it and to troubles of its own |
//! | [`relay`] | from an outbox to the bus, with a bus that fails and relays that are killed |
//! | [`killed`] | processes that are killed at any moment |

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that can't go on fails by it")]

mod contract;
mod in_process;
mod killed;
mod parts;
mod rabbitmq;
mod relay;
