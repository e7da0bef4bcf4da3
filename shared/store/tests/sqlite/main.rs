//! What must hold of the SQLite adapter beyond the contract: files, and the loss of the process.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod files;
mod killed;
mod sharing;
mod thing;
