//! The real MongoDB and RabbitMQ that tests run against, of their own and gone afterwards.
//!
//! | module | what |
//! |---|---|
//! | [`mongodb`] | a replica set: start, kill, pause, restart its members, ask who is the primary |
//! | [`rabbitmq`] | a broker: start, kill, pause, restart, block it, run its `rabbitmqctl` |
//! | [`Components`] | one of each for all tests, whose addresses their environment tells: [`mongodb_url`], [`rabbitmq_url`] |
//! | `locate` | where they come from: installed, Docker, packages |
//! | `node`: `program`, `container` | one running part of a component, as a process or in Docker |
//! | [`Guardian`] | who cleans up, whatever ends the process that started it |
//! | `port`, `command`, `wait` | ports nobody else takes, commands that are run for their output, deadlines |
//!
//! `cargo xtask test` starts one of each for all tests; tests that break things start their own. What a test gets is never less than it
//! asked for: a component that can't be had is an error that says what was tried and what to do.

mod command;
mod container;
mod environment;
mod guardian;
mod locate;
pub mod mongodb;
mod node;
mod port;
mod program;
pub mod rabbitmq;
mod wait;

pub use environment::{Components, MONGODB_URL, RABBITMQ_URL, mongodb_url, rabbitmq_url};
pub use guardian::Guardian;
pub use mongodb::{MongoDb, MongoOptions};
pub use rabbitmq::{RabbitMq, RabbitOptions};
