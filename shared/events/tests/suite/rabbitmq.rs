//! The bus on RabbitMQ.
//!
//! | module | what |
//! |---|---|
//! | [`broker`] | the broker as seen from outside the bus |
//! | [`troubles`] | what can go wrong with it, as far as it can be brought about without harm to others |

mod broker;
mod troubles;

use std::sync::Arc;

use async_trait::async_trait;
use events::{Bus, RabbitMqBus};
use kernel::Env;

use self::broker::Namespace;
use crate::{
    contract::{Home, contract},
    parts::subscription,
};

#[async_trait]
impl Home for Namespace {
    async fn new() -> Self {
        Self::random()
    }

    async fn open(&self) -> Arc<dyn Bus> {
        Arc::new(RabbitMqBus::new(&self.settings(), &[subscription("a")], Env::system()).expect("good settings"))
    }
}

contract!(Namespace);
