//! Where this program's files are: in a folder, or nowhere, and what would be in them in memory.

use std::path::PathBuf;

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
}
