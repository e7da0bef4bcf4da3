//! The broker as seen from outside the bus: a namespace of a test's own, and a connection to break things with.

use events::RabbitMq;
use kernel::Env;
use lapin::{
    BasicProperties, Channel, Connection, ConnectionProperties,
    options::{BasicPublishOptions, ExchangeDeleteOptions, QueueDeclareOptions, QueueDeleteOptions},
    types::{FieldTable, ShortString},
};

/// What the consumers of tests are called.
const CONSUMERS: [&str; 3] = ["a", "one", "other"];
/// The waits of their retry policies, in ms.
const WAITS: [u64; 6] = [10, 20, 40, 50, 300, 60_000];

/// A namespace that no other test uses. What is in it is removed in the end.
pub(crate) struct Namespace(String);

impl Namespace {
    pub(crate) fn random() -> Self {
        Self(format!("test-{}", Env::system().random_uuid().simple()))
    }

    pub(crate) fn settings(&self) -> RabbitMq {
        RabbitMq { url: components::rabbitmq_url(), namespace: self.0.clone() }
    }

    pub(crate) fn exchange(&self) -> ShortString {
        format!("{}.events", self.0).into()
    }

    pub(crate) fn queue(&self, name: &str) -> ShortString {
        format!("{}.{name}", self.0).into()
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        let queues: Vec<ShortString> = CONSUMERS
            .iter()
            .flat_map(|consumer| {
                let retries = WAITS.iter().map(move |wait| format!("{consumer}.retry.{wait}"));
                [(*consumer).to_owned(), format!("{consumer}.dead")].into_iter().chain(retries)
            })
            .map(|name| self.queue(&name))
            .collect();
        let exchange = self.exchange();
        let removing = async {
            let broker = Broker::connect().await;
            for queue in queues {
                broker.delete(queue).await;
            }
            broker.0.exchange_delete(exchange, ExchangeDeleteOptions::default()).await.expect("the exchange is deleted");
        };
        // A destructor can't wait within the runtime of its test.
        let removed = std::thread::scope(|scope| {
            let removing = scope.spawn(|| {
                let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
                runtime.block_on(removing);
            });
            removing.join()
        });
        assert!(removed.is_ok() || std::thread::panicking(), "what the test left on the broker could not be removed");
    }
}

/// A connection of the test's own.
pub(crate) struct Broker(pub(crate) Channel, #[expect(dead_code, reason = "the channel lives as long")] Connection);

impl Broker {
    pub(crate) async fn connect() -> Self {
        let connection =
            Connection::connect(&components::rabbitmq_url(), ConnectionProperties::default()).await.expect("RabbitMQ can be reached");
        Self(connection.create_channel().await.expect("a channel"), connection)
    }

    /// Puts a message into a queue, past the bus.
    pub(crate) async fn put(&self, queue: ShortString, properties: BasicProperties, body: &[u8]) {
        let sent = self.0.basic_publish("".into(), queue, BasicPublishOptions::default(), body, properties).await;
        sent.expect("sent").await.expect("not asked to confirm");
    }

    /// How many messages wait in a queue; `None` where there is none, and then the channel is closed.
    pub(crate) async fn waiting(&self, queue: ShortString) -> Option<u32> {
        let options = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
        self.0.queue_declare(queue, options, FieldTable::default()).await.ok().map(|queue| queue.message_count())
    }

    pub(crate) async fn delete(&self, queue: ShortString) {
        self.0.queue_delete(queue, QueueDeleteOptions::default()).await.expect("the queue is deleted");
    }
}
