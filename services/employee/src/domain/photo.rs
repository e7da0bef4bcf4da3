//! What is known of an employee's photo.

use serde::{Deserialize, Serialize};

/// A photo; the picture itself is kept apart from the employee.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Photo {
    /// Rises with every new picture, also after one was deleted: a picture of one version never changes.
    pub version: u64,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Size of the file in bytes.
    pub size_bytes: u32,
}
