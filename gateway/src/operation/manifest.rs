//! The manifest of trusted operations, as `cargo xtask operations` makes it.

use std::{fs, io, path::Path};

use serde::{Deserialize, Serialize};

use super::{Limits, Operations};

/// A manifest in the format that GraphQL clients and gateways share: Apollo's persisted query manifest. What an operation costs stands
/// beside it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// `apollo-persisted-query-manifest`.
    pub format: String,
    /// The format's version, 1.
    pub version: u32,
    /// The operations, by name.
    pub operations: Vec<Operation>,
}

/// A trusted operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operation {
    /// The SHA-256 of `body`, in small hexadecimal digits.
    pub id: String,
    /// The operation's name.
    pub name: String,
    /// `query` or `mutation`.
    pub r#type: String,
    /// The document.
    pub body: String,
    /// What it may cost; not needed to execute it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<Cost>,
}

/// What an operation may cost, told before it is executed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cost {
    /// How many items its lists may give, all together, where variables leave them their default length.
    pub items: u64,
    /// How many fields it has, with fragments opened.
    pub fields: u64,
    /// The RPC budget: the most gRPC calls that it makes. Several calls to one batch method for one level, which more items than one call
    /// takes may need, count as one. A mutation's are its commands, and what is asked for its payloads when they are done.
    #[serde(default)]
    pub rpcs: usize,
}

impl Default for Manifest {
    fn default() -> Self {
        Self { format: "apollo-persisted-query-manifest".to_owned(), version: 1, operations: Vec::new() }
    }
}

/// Why there is no manifest of a folder.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// A file can't be read.
    #[error("{0} can't be read: {1}")]
    Io(String, io::Error),
    /// A file's document is none that may be executed.
    #[error("{0}: {1}")]
    Operation(String, String),
}

impl Manifest {
    /// The manifest of the operations in a folder: each in a file of its own, `*.graphql`, with its fragments.
    ///
    /// # Errors
    /// The first file that is none of an operation that may be executed.
    pub fn of(folder: &Path) -> Result<Self, ManifestError> {
        let unreadable = |path: &Path| {
            let path = path.display().to_string();
            move |error| ManifestError::Io(path, error)
        };
        let entries = fs::read_dir(folder).and_then(Iterator::collect::<io::Result<Vec<_>>>).map_err(unreadable(folder))?;
        let mut files: Vec<_> = entries.into_iter().map(|entry| entry.path()).collect();
        files.retain(|file| file.extension().is_some_and(|extension| extension == "graphql"));
        files.sort();
        // As the gateway has them where nothing is set.
        let known = Operations::new(Limits::default());
        let mut manifest = Self::default();
        for file in files {
            let body = fs::read_to_string(&file).map_err(unreadable(&file))?.trim().to_owned();
            let refused = |problem: String| ManifestError::Operation(file.display().to_string(), problem);
            // Here and not by who asks, who would have to compile the whole graph once more.
            let operation = futures::executor::block_on(known.trusted(body))
                .map_err(|errors| refused(errors.into_iter().map(|error| error.message).collect::<Vec<_>>().join("; ")))?;
            if manifest.operations.iter().any(|other| other.name == operation.name) {
                return Err(refused(format!("another file has an operation of the name {}", operation.name)));
            }
            manifest.operations.push(operation);
        }
        manifest.operations.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(manifest)
    }
}
