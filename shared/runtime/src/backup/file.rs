//! The file of a backup: lines of JSON, compressed with gzip.
//!
//! ```text
//! {"backup":{"format":1,"service":"order","at":1767225600000000}}
//! {"record":{"document":{…}}}
//! {"end":{"records":1,"sha256":"…"}}
//! ```
//! The last line tells how many records there are and what the digest of all lines before it is, so that a file which was cut
//! off or changed is told from a whole one.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, BufRead as _, BufReader, BufWriter, Write as _},
    path::{Path, PathBuf},
};

use flate2::{Compression, read::MultiGzDecoder, write::GzEncoder};
use kernel::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use store::backend::Record;

/// The format that this program writes, and the newest that it reads. Add 1 where an older program would read it wrongly.
pub const FORMAT: u32 = 1;

/// What is wrong with a file.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It can't be read or written.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// It is there already.
    #[error("it is there already; name another file")]
    There,
    /// It is none of these files, or was changed.
    #[error("it is no backup, or damaged: {0}")]
    Damaged(String),
    /// It ends before its end.
    #[error("it was cut off: its end is missing; take another backup")]
    CutOff,
    /// It is of another service.
    #[error("it is a backup of {found}, not of {expected}")]
    OtherService {
        /// Whose it is.
        found: String,
        /// Whose it should be.
        expected: String,
    },
    /// It was made by a newer program.
    #[error("it has the format {found} of a newer program, this one knows up to {FORMAT}: restore it with the newer program")]
    Newer {
        /// Its format.
        found: u32,
    },
}

/// The first line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// Its format: [`FORMAT`].
    pub format: u32,
    /// Whose data.
    pub service: String,
    /// A moment just before that of the backup.
    pub at: Timestamp,
}

impl Header {
    /// Goes on only with a file that `service` can take in.
    pub(super) fn check(&self, service: &str) -> Result<(), FileError> {
        if self.service != service {
            return Err(FileError::OtherService { found: self.service.clone(), expected: service.to_owned() });
        }
        Ok(())
    }
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line<R, H = Header> {
    Backup(H),
    Record(R),
    End(End),
}

#[derive(PartialEq, Eq, Serialize, Deserialize)]
struct End {
    records: u64,
    sha256: String,
}

/// A file being written, under another name until it is whole. Dropped before that it is removed.
pub(super) struct Draft {
    path: PathBuf,
    draft: PathBuf,
    /// `None` once it is finished.
    out: Option<GzEncoder<BufWriter<File>>>,
    digest: Sha256,
    records: u64,
}

impl Draft {
    pub(super) fn begin(path: &Path, header: &Header) -> Result<Self, FileError> {
        if path.try_exists()? {
            return Err(FileError::There);
        }
        let mut name = path.as_os_str().to_owned();
        name.push(".part");
        let draft = PathBuf::from(name);
        let out = GzEncoder::new(BufWriter::new(private(&draft)?), Compression::fast());
        let mut draft = Self { path: path.to_owned(), draft, out: Some(out), digest: Sha256::new(), records: 0 };
        draft.write(&Line::<&Record, &Header>::Backup(header))?;
        Ok(draft)
    }

    pub(super) fn add(&mut self, record: &Record) -> Result<(), FileError> {
        self.records += 1;
        self.write(&Line::<&Record>::Record(record))
    }

    /// Ends the file and gives it its name, durably; the number of records.
    pub(super) fn finish(mut self) -> Result<u64, FileError> {
        let end = End { records: self.records, sha256: hex(&self.digest.clone().finalize()) };
        self.write(&Line::<&Record>::End(end))?;
        if let Some(out) = self.out.take() {
            let finished = out.finish().and_then(|file| file.into_inner().map_err(io::IntoInnerError::into_error));
            let named = finished.and_then(|file| file.sync_all()).and_then(|()| fs::rename(&self.draft, &self.path));
            if let Err(error) = named {
                self.remove();
                return Err(error.into());
            }
        }
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        // The name is durable with its folder; not every system can sync one.
        if let Ok(folder) = File::open(folder) {
            let _ = folder.sync_all();
        }
        Ok(self.records)
    }

    fn write(&mut self, line: &impl Serialize) -> Result<(), FileError> {
        let mut line = serde_json::to_vec(line).map_err(io::Error::from)?;
        line.push(b'\n');
        self.digest.update(&line);
        if let Some(out) = &mut self.out {
            out.write_all(&line)?;
        }
        Ok(())
    }

    fn remove(&self) {
        if let Err(error) = fs::remove_file(&self.draft) {
            tracing::warn!(%error, "a file that was begun could not be removed");
        }
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if self.out.is_some() {
            self.remove();
        }
    }
}

/// A file that only its owner may read.
fn private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// A file being read.
pub(super) struct Reading {
    lines: BufReader<MultiGzDecoder<BufReader<File>>>,
    header: Header,
    digest: Sha256,
    records: u64,
}

impl Reading {
    /// Reads the first line.
    pub(super) fn begin(path: &Path) -> Result<Self, FileError> {
        let mut lines = BufReader::new(MultiGzDecoder::new(BufReader::new(File::open(path)?)));
        let mut line = Vec::new();
        lines.read_until(b'\n', &mut line).map_err(unreadable)?;
        let header = match serde_json::from_slice(&line) {
            Ok(Line::<Record>::Backup(header)) => header,
            _ => return Err(FileError::Damaged("its first line does not say what it is".to_owned())),
        };
        if header.format > FORMAT {
            return Err(FileError::Newer { found: header.format });
        }
        Ok(Self { lines, header, digest: Sha256::new_with_prefix(&line), records: 0 })
    }

    pub(super) fn header(&self) -> &Header {
        &self.header
    }

    /// How many records were read.
    pub(super) fn records(&self) -> u64 {
        self.records
    }

    /// The next record; `None` at the end of a whole file.
    pub(super) fn next(&mut self) -> Result<Option<Record>, FileError> {
        let mut line = Vec::new();
        if self.lines.read_until(b'\n', &mut line).map_err(unreadable)? == 0 {
            return Err(FileError::CutOff);
        }
        match serde_json::from_slice(&line) {
            Ok(Line::<Record>::Record(record)) => {
                self.digest.update(&line);
                self.records += 1;
                Ok(Some(record))
            }
            Ok(Line::End(end)) => {
                let read = End { records: self.records, sha256: hex(&self.digest.clone().finalize()) };
                if end != read {
                    return Err(FileError::Damaged("it holds something else than what was written".to_owned()));
                }
                // To the very end, where gzip's own check is.
                match self.lines.read_until(b'\n', &mut line).map_err(unreadable)? {
                    0 => Ok(None),
                    _ => Err(FileError::Damaged("something follows its end".to_owned())),
                }
            }
            Ok(Line::Backup(_)) => Err(FileError::Damaged("it begins twice".to_owned())),
            // What it says may be personal data, so the error tells where and not what.
            Err(error) => Err(FileError::Damaged(format!("the record {} can't be read, at column {}", self.records + 1, error.column()))),
        }
    }
}

fn unreadable(error: io::Error) -> FileError {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => FileError::CutOff,
        io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => FileError::Damaged(error.to_string()),
        _ => FileError::Io(error),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
