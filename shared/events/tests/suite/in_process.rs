//! The in-process bus.

use std::sync::Arc;

use async_trait::async_trait;
use events::{Bus, InProcessBus};
use kernel::Env;
use tempfile::TempDir;

use crate::contract::{Home, contract};

/// A folder with the file of a bus.
struct Folder(TempDir);

#[async_trait]
impl Home for Folder {
    async fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder for the test"))
    }

    async fn open(&self) -> Arc<dyn Bus> {
        Arc::new(InProcessBus::open(&self.0.path().join("events.db"), Env::system()).expect("opened"))
    }
}

contract!(Folder);
