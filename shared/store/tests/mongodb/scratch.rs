//! A database of a test's own, which is gone after it.

use std::time::Duration;

use mongodb::Client;
use store::{Collection, MongoDb, Store};
use uuid::Uuid;

/// Drops the database when it is dropped itself.
pub(crate) struct Scratch(pub(crate) MongoDb);

impl Scratch {
    pub(crate) fn new() -> Self {
        let name = kernel::Env::system().random_uuid();
        Self(MongoDb { url: components::mongodb_url(), database: format!("crm_test_{}", Uuid::simple(name)) })
    }

    pub(crate) fn open(&self, collections: &[&'static Collection]) -> Store {
        // The machine may be busy with other tests.
        Store::mongodb(&self.0, collections).unwrap().with_deadline(Duration::from_secs(20))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let settings = self.0.clone();
        // On a thread of its own, since that of the test may be within its runtime.
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let client = Client::with_uri_str(&settings.url).await.unwrap();
                client.database(&settings.database).drop().await.unwrap();
            });
        });
        // A test that fails for want of the server shall say so itself.
        let _dropped = dropping.join();
    }
}
