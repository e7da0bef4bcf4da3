//! The commands `backup`, `restore` and `resend`: a service's whole data in a file, and back.
//!
//! A backup is of one moment: documents, their history, the outbox and the inbox marks belong together, while the service
//! goes on. It is of no particular database: what was kept in SQLite can be restored into MongoDB and the other way round.
//!
//! # After a restore
//! Time has gone back for this service, and maybe not for others. Three things make up for that:
//!
//! - Every event of the outbox is sent again, since nobody knows which of them were still on the bus. Marks and versions
//!   make that harmless.
//! - Every aggregate goes on at a version that it never had ([`VERSIONS_AHEAD`]). Without that its next changes would
//!   have versions which others have seen already: they would take the events for old ones, and a client that has seen the lost
//!   state could overwrite what is there now.
//! - What others had sent since then comes once more when they are told so by `resend`.

mod file;

use std::path::{Path, PathBuf};

use clap::Subcommand;
use kernel::{Env, Timestamp};
use store::{
    Collection, Store,
    backend::{MAX_RECORDS, Record},
};
use tokio::sync::mpsc;

use file::{Draft, Reading};
pub use file::{FORMAT, FileError, Header};

/// How far a restore raises the version of every aggregate: more than it can have had changes since the backup.
pub const VERSIONS_AHEAD: u64 = 1_000_000;

/// A command and its arguments.
#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// Write all data to a file, as of now; the service may be running
    Backup {
        /// The file to make; it holds personal data and secrets, so that only its owner may read it
        file: PathBuf,
    },
    /// Take in a file that `backup` made, where there is no data yet; the service must not be running
    Restore {
        /// The file
        file: PathBuf,
    },
    /// Send the events since a moment again, for another service that was restored; the service may be running
    Resend {
        /// The moment, such as 2026-03-01T09:30:00Z: the time of the other's backup, or earlier
        #[arg(long, value_parser = moment)]
        since: Timestamp,
    },
}

/// Why a backup was not made or not taken in.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file.
    #[error("{path}: {problem}", path = path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What is wrong with it.
        problem: FileError,
    },
    /// The data.
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// What is in a backup, and how much.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// Of what, as of when.
    pub header: Header,
    /// How many records.
    pub records: u64,
}

impl Command {
    /// Does it with the data of `service`. Returns what to print.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn run(&self, service: &str, collections: &[&'static Collection], store: &Store, env: &Env) -> Result<String, Error> {
        match self {
            Self::Backup { file } => {
                let Summary { header, records } = take(service, store, env, file).await?;
                Ok(format!("{records} records of {service} as of {} are in {}.", header.at, file.display()))
            }
            Self::Restore { file } => {
                let Summary { header, records } = restore(service, collections, store, file).await?;
                let at = header.at;
                Ok(format!(
                    "{records} records of {service} as of {at} are restored. Its events are sent again when it runs. \
                    Where other services were not restored with it, run theirs: resend --since {at}"
                ))
            }
            Self::Resend { since } => {
                let events = store.outbox().resend(*since).await?;
                Ok(format!("{events} events of {service} since {since} are sent again as soon as it runs."))
            }
        }
    }
}

/// Reads a moment of the command line.
///
/// # Errors
/// What it must look like.
pub fn moment(text: &str) -> Result<Timestamp, String> {
    Timestamp::parse("since", text).map_err(|_| "must be a date and time such as 2026-03-01T09:30:00Z".to_owned())
}

/// Writes everything that `store` holds to the file at `path`, as of now. Where it fails there is no file.
///
/// # Errors
/// [`Error::File`], also where there is one already; [`Error::Store`].
pub async fn take(service: &str, store: &Store, env: &Env, path: &Path) -> Result<Summary, Error> {
    let header = Header { format: FORMAT, service: service.to_owned(), at: env.now() };
    let (sender, mut records) = mpsc::channel::<Record>(MAX_RECORDS);
    let (file, first) = (path.to_owned(), header.clone());
    let writing = blocking(path, move || {
        let mut draft = Draft::begin(&file, &first)?;
        while let Some(record) = records.blocking_recv() {
            draft.add(&record)?;
        }
        Ok(draft)
    });
    let (exported, draft) = tokio::join!(store.export(sender), writing);
    // A file that can't be written ends the export as well.
    let draft = draft?;
    exported?;
    let records = blocking(path, || draft.finish()).await?;
    Ok(Summary { header, records })
}

/// Takes the file at `path` into `store`, which must be empty, with what makes up for the time that went back. The file is
/// read to its end before anything is written.
///
/// # Errors
/// Those of [`check`] and [`take_in`].
pub async fn restore(service: &str, collections: &[&'static Collection], store: &Store, path: &Path) -> Result<Summary, Error> {
    let summary = check(service, store, path).await?;
    take_in(collections, store, path).await?;
    Ok(summary)
}

/// Whether `store` is empty and the file at `path` a whole backup of `service`, which is read to its end.
///
/// # Errors
/// [`Error::File`] where it is damaged, cut off, of another service or of a newer program; [`Error::Store`].
pub async fn check(service: &str, store: &Store, path: &Path) -> Result<Summary, Error> {
    if !store.is_empty().await? {
        return Err(store::Error::NotEmpty.into());
    }
    let (file, name) = (path.to_owned(), service.to_owned());
    blocking(path, move || {
        let mut reading = Reading::begin(&file)?;
        reading.header().check(&name)?;
        while reading.next()?.is_some() {}
        Ok(Summary { header: reading.header().clone(), records: reading.records() })
    })
    .await
}

/// Takes a file that was checked into `store`.
///
/// # Errors
/// [`Error::File`] and [`Error::Store`], where part of it may have been taken in: then begin with an empty store again.
pub async fn take_in(collections: &[&'static Collection], store: &Store, path: &Path) -> Result<(), Error> {
    let aggregates: Vec<&'static str> = collections.iter().filter(|kept| kept.history.is_some()).map(|kept| kept.name).collect();
    let (sender, records) = mpsc::channel(MAX_RECORDS);
    let file = path.to_owned();
    let reading = blocking(path, move || {
        let mut reading = Reading::begin(&file)?;
        while let Some(record) = reading.next()? {
            // Where nobody takes it any more the store tells why.
            if sender.blocking_send(ahead(record, &aggregates)).is_err() {
                break;
            }
        }
        Ok(())
    });
    let (imported, read) = tokio::join!(store.import(records), reading);
    imported?;
    read
}

/// The record as it goes on after time went back.
fn ahead(record: Record, aggregates: &[&str]) -> Record {
    match record {
        Record::Event { envelope, .. } => Record::Event { envelope, sent: false },
        Record::Document { company, collection, id, version, mut fields } if aggregates.contains(&&*collection) => {
            let version = version + VERSIONS_AHEAD;
            fields.insert("version".to_owned(), version.into());
            Record::Document { company, collection, id, version, fields }
        }
        other => other,
    }
}

/// Works with a file where that may block.
async fn blocking<T: Send + 'static>(path: &Path, work: impl FnOnce() -> Result<T, FileError> + Send + 'static) -> Result<T, Error> {
    let outcome = tokio::task::spawn_blocking(work).await.unwrap_or_else(|stopped| Err(FileError::Io(stopped.into())));
    outcome.map_err(|problem| Error::File { path: path.to_owned(), problem })
}

#[cfg(test)]
mod tests;
