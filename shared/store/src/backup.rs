//! Everything that a store holds, handed over as of one moment and taken in again, also by a store on another database.

use std::collections::BTreeMap;

use kernel::{CompanyId, Timestamp};
use tokio::sync::mpsc;

use crate::{
    backend::{Body, Commit, Expected, MAX_RECORDS, Record, Write},
    document::Collection,
    error::{Error, Result},
    store::Store,
};

impl Store {
    /// Hands over everything that the store holds, as of one moment, while others go on to write: documents and their
    /// history, the events of their outbox, pending and sent, and the inbox marks belong together as they did then.
    /// Takes as long as it takes; each record comes within the store's deadline.
    ///
    /// # Errors
    /// [`Error::Unavailable`], also where the receiver is gone; [`Error::Internal`]. What was handed over until then is
    /// no backup.
    pub async fn export(&self, to: mpsc::Sender<Record>) -> Result<()> {
        let (sender, mut records) = mpsc::channel(MAX_RECORDS);
        let forwarding = async {
            while let Some(record) = self.bounded(async { Ok(records.recv().await) }).await? {
                to.send(record).await.map_err(|_| Error::unavailable("the export was given up"))?;
            }
            Ok(())
        };
        // The first fault ends both.
        tokio::try_join!(self.backend().export(sender), forwarding)?;
        Ok(())
    }

    /// Takes in what another store handed over, to the end of `from`; the number of records. Nobody else may use the store
    /// meanwhile. Where it fails halfway what was taken in stays: throw that away and begin with an empty store again.
    ///
    /// # Errors
    /// [`Error::NotEmpty`], before anything is written; [`Error::Foreign`] for a collection that this store does not have;
    /// [`Error::Taken`] where a unique index does not hold for what comes; [`Error::Unavailable`], [`Error::Internal`].
    pub async fn import(&self, mut from: mpsc::Receiver<Record>) -> Result<u64> {
        if !self.is_empty().await? {
            return Err(Error::NotEmpty);
        }
        let (mut imported, mut batch) = (0, Vec::with_capacity(MAX_RECORDS));
        while from.recv_many(&mut batch, MAX_RECORDS).await > 0 {
            imported += batch.len() as u64;
            self.take_in(std::mem::take(&mut batch)).await?;
        }
        Ok(imported)
    }

    /// Takes in one batch, whatever the store holds; once more the same batch changes nothing.
    ///
    /// # Errors
    /// As [`import`](Self::import).
    pub async fn take_in(&self, records: Vec<Record>) -> Result<()> {
        self.bounded(self.backend().import(records)).await
    }

    /// Whether it holds nothing at all: no company, document, event or mark.
    ///
    /// # Errors
    /// [`Error::Unavailable`], [`Error::Internal`].
    pub async fn is_empty(&self) -> Result<bool> {
        let (sender, mut records) = mpsc::channel(1);
        self.bounded(async {
            tokio::select! {
                biased;
                Some(_) = records.recv() => Ok(false),
                exported = self.backend().export(sender) => {
                    exported?;
                    Ok(records.recv().await.is_none())
                }
            }
        })
        .await
    }
}

/// A batch as an adapter takes it in: for each company a commit of its documents, whatever is there; and the other records.
///
/// # Errors
/// [`Error::Foreign`] for a collection that is not `known`.
pub(crate) fn commits(records: Vec<Record>, known: impl Fn(&str) -> Option<&'static Collection>) -> Result<(Vec<Commit>, Vec<Record>)> {
    let (mut writes, mut others) = (BTreeMap::<CompanyId, Vec<Write>>::new(), Vec::new());
    for record in records {
        match record {
            Record::Document { company, collection, id, version, fields } => {
                let collection = known(&collection).ok_or_else(|| {
                    Error::Foreign(format!("this program knows no collection {collection}: take it in with the program that made it"))
                })?;
                let write = Write { collection, id, expected: Expected::Anything, after: Some(Body { version, fields }) };
                writes.entry(company).or_default().push(write);
            }
            other => others.push(other),
        }
    }
    let commit = |(company, writes)| Commit {
        company,
        at: Timestamp::EPOCH,
        received: Vec::new(),
        forgotten: Vec::new(),
        writes,
        events: Vec::new(),
    };
    Ok((writes.into_iter().map(commit).collect(), others))
}
