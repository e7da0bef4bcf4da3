//! The commands `crm backup`, `crm restore` and `crm resend`: the whole data in a folder, and back.
//!
//! The folder has a file for each service, of the form that the service's own program reads and writes, so that data can
//! move from one process to several and back, and from one database to another.

use std::{
    fs,
    path::{Path, PathBuf},
};

use clap::Subcommand;
use futures::future::try_join_all;
use kernel::{Env, Timestamp};
use runtime::{
    backup::{self, Summary},
    program::ProgramError,
};
use store::{Collection, Store};

use crate::Foundation;

/// The services, and what they keep.
const SERVICES: [(&str, &[&Collection]); 4] = [
    (auth::SERVICE, auth::COLLECTIONS),
    (employee::SERVICE, employee::COLLECTIONS),
    (customer::SERVICE, customer::COLLECTIONS),
    (order::SERVICE, order::COLLECTIONS),
];

/// A command and its arguments.
#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// Write all data to a folder, a file for each service, as of now; the CRM may be running
    Backup {
        /// The folder; its files hold personal data and secrets, so that only their owner may read them
        folder: PathBuf,
    },
    /// Take in a folder that `backup` made, where there is no data yet; the CRM must not be running
    Restore {
        /// The folder
        folder: PathBuf,
        /// Only this service, where its data alone was lost
        #[arg(long, value_name = "SERVICE", value_parser = SERVICES.map(|(name, _)| name))]
        only: Option<String>,
    },
    /// Send the events since a moment again, after one service alone was restored; the CRM may be running
    Resend {
        /// The moment, such as 2026-03-01T09:30:00Z: the time of that service's backup, or earlier
        #[arg(long, value_parser = backup::moment)]
        since: Timestamp,
    },
}

impl Command {
    /// Does it. Returns what to print.
    ///
    /// # Errors
    /// [`ProgramError`] that says what to do.
    pub async fn run(&self, foundation: &Foundation<'_>, env: &Env) -> Result<String, ProgramError> {
        match self {
            Self::Backup { folder } => {
                let made = fs::create_dir_all(folder);
                made.map_err(|error| backup::Error::File { path: folder.clone(), problem: error.into() })?;
                let parts = parts(foundation, folder, None).await?;
                // At once, so that all are of one moment, as far as nothing gets from one service to another meanwhile.
                let taken = try_join_all(parts.iter().map(|part| backup::take(part.name, &part.store, env, &part.file))).await?;
                Ok(told("backed up", &taken))
            }
            Self::Restore { folder, only } => {
                let parts = parts(foundation, folder, only.as_deref()).await?;
                // All of them are looked at before any is written.
                let checked = try_join_all(parts.iter().map(|part| backup::check(part.name, &part.store, &part.file))).await?;
                try_join_all(parts.iter().map(|part| backup::take_in(part.collections, &part.store, &part.file))).await?;
                Ok(told("restored", &checked))
            }
            Self::Resend { since } => {
                let mut events = 0;
                for (name, collections) in SERVICES {
                    let store = foundation.awaited_store(name, collections).await?;
                    events += store.outbox().resend(*since).await.map_err(backup::Error::from)?;
                }
                Ok(format!("{events} events since {since} are sent again as soon as the CRM runs.\n"))
            }
        }
    }
}

/// A service's data, and its file in the folder.
struct Part {
    name: &'static str,
    collections: &'static [&'static Collection],
    store: Store,
    file: PathBuf,
}

async fn parts(foundation: &Foundation<'_>, folder: &Path, only: Option<&str>) -> Result<Vec<Part>, ProgramError> {
    let mut parts = Vec::new();
    for (name, collections) in SERVICES.into_iter().filter(|(name, _)| only.is_none_or(|only| only == *name)) {
        let (store, file) = (foundation.awaited_store(name, collections).await?, folder.join(format!("{name}.jsonl.gz")));
        parts.push(Part { name, collections, store, file });
    }
    Ok(parts)
}

fn told(done: &str, summaries: &[Summary]) -> String {
    let line = |Summary { header, records }: &Summary| format!("{}: {records} records as of {} {done}\n", header.service, header.at);
    summaries.iter().map(line).collect()
}
