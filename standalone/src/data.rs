//! Where this program's files are: in a folder, or nowhere, and what would be in them in memory.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use runtime::program::ProgramError;

/// The name of the command line's argument, for errors.
pub(crate) const KEY: &str = "--data";

/// Where this program's files are.
#[derive(Debug, Clone)]
pub enum Data {
    /// In this folder, which survives restarts.
    Folder(PathBuf),
    /// Nowhere: what is in memory is gone with the process.
    Memory,
}

impl Data {
    /// The folder `name` in the user's data folder.
    ///
    /// # Errors
    /// [`ProgramError::Data`] where the user has none.
    pub fn of_user(name: &str) -> Result<Self, ProgramError> {
        let folder = runtime::settings::data_folder();
        let none = || ProgramError::Data { key: KEY, problem: "this user has no data folder; name one".to_owned() };
        Ok(Self::Folder(folder.ok_or_else(none)?.join(name)))
    }

    /// Reads a small file of the folder; `None` where there is none, and in memory.
    pub(crate) fn read(&self, name: &str) -> Result<Option<String>, ProgramError> {
        let Self::Folder(folder) = self else { return Ok(None) };
        match fs::read_to_string(folder.join(name)) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failed(&folder.join(name), &error)),
        }
    }

    /// Writes a small file of the folder, as a whole or not at all; nothing in memory.
    pub(crate) fn write(&self, name: &str, text: &str) -> Result<(), ProgramError> {
        let Self::Folder(folder) = self else { return Ok(()) };
        let (file, draft) = (folder.join(name), folder.join(format!("{name}.new")));
        let written = fs::create_dir_all(folder).and_then(|()| fs::write(&draft, text)).and_then(|()| fs::rename(&draft, &file));
        written.map_err(|error| failed(&file, &error))
    }
}

fn failed(file: &Path, error: &io::Error) -> ProgramError {
    ProgramError::Data { key: KEY, problem: format!("{}: {error}; name a folder that this user can write", file.display()) }
}
