//! The settings of this service beside those that every service has.

use std::num::NonZeroUsize;

use serde::Deserialize;

/// The commented defaults.
pub const SETTINGS: &str = include_str!("settings.toml");

/// The service's own settings.
#[derive(Debug, Clone, Deserialize)]
pub struct Settings {
    /// The processing of photos.
    pub photos: Photos,
}

/// How photos are processed.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Photos {
    /// How many at once.
    pub concurrent: NonZeroUsize,
}
