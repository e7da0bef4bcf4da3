//! What tests find in their environment: the addresses of one MongoDB and one RabbitMQ for all of them.

use std::thread;

use anyhow::{Context as _, Result, anyhow};

use crate::{MongoDb, RabbitMq};

/// The environment variable with the address of the MongoDB that tests use.
pub const MONGODB_URL: &str = "CRM_TEST_MONGODB_URL";
/// The environment variable with the address of the RabbitMQ that tests use.
pub const RABBITMQ_URL: &str = "CRM_TEST_RABBITMQ_URL";

/// The address of the MongoDB that tests use: a replica set.
///
/// # Panics
/// Where [`MONGODB_URL`] is not set, and says what to do.
#[must_use]
pub fn mongodb_url() -> String {
    needed(MONGODB_URL)
}

/// The address of the RabbitMQ that tests use, with its virtual host.
///
/// # Panics
/// Where [`RABBITMQ_URL`] is not set, and says what to do.
#[must_use]
pub fn rabbitmq_url() -> String {
    needed(RABBITMQ_URL)
}

#[expect(clippy::panic, reason = "a test that lacks what it needs must fail, not be skipped")]
fn needed(name: &str) -> String {
    given(name).unwrap_or_else(|| {
        panic!(
            "{name} is not set: run `cargo xtask test`, which starts what tests need, or leave `cargo xtask components` running and set \
             what it prints"
        )
    })
}

fn given(name: &str) -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "an address of the test run, not a setting of the product")]
    std::env::var(name).ok().filter(|url| !url.is_empty())
}

fn unless_given<T>(name: &str, start: impl FnOnce() -> Result<T>) -> Result<Option<T>> {
    given(name).is_none().then(|| start().with_context(|| format!("{name} is not set, and none can be started"))).transpose()
}

/// Components for all tests: those the environment gives the addresses of, and one of its own for each other.
#[derive(Debug)]
pub struct Components {
    mongodb: Option<MongoDb>,
    rabbitmq: Option<RabbitMq>,
}

impl Components {
    /// Starts what the environment does not give, all at the same time.
    ///
    /// # Errors
    /// Where something can't be found or started.
    pub fn start() -> Result<Self> {
        thread::scope(|scope| {
            let mongodb = scope.spawn(|| unless_given(MONGODB_URL, || MongoDb::start(1)));
            let rabbitmq = unless_given(RABBITMQ_URL, RabbitMq::start)?;
            let mongodb = mongodb.join().map_err(|_| anyhow!("the start of MongoDB panicked"))??;
            Ok(Self { mongodb, rabbitmq })
        })
    }

    /// The environment variables that tests need beside those that are set already.
    #[must_use]
    pub fn variables(&self) -> Vec<(&'static str, String)> {
        let mongodb = self.mongodb.iter().map(|mongodb| (MONGODB_URL, mongodb.url()));
        mongodb.chain(self.rabbitmq.iter().map(|rabbitmq| (RABBITMQ_URL, rabbitmq.url()))).collect()
    }
}
