//! Settings: a file of commented defaults in the program, overridden by the environment.
//!
//! The defaults name every key there is, and its type: an environment variable with the program's prefix
//! that names none of them is an error. `ORDER__GRPC__PORT` sets `port` in `[grpc]`; `ORDER__GRPC__PORT_FILE`
//! reads the value from a file, as secrets are mounted. Values never appear in errors where they may be secret.

mod overrides;
mod sections;

use std::fmt;

use figment::{
    providers::{Format as _, Toml},
    value::{Dict, Value},
};
use serde::de::DeserializeOwned;

pub use overrides::SettingsError;
pub use sections::{Auth, BusKind, BusSettings, Common, Grpc, LogFormat, StoreKind, StoreSettings, Telemetry, data_folder, duration};

/// The commented defaults of a service's port, which it has wherever it runs.
pub const GRPC: &str = include_str!("settings/grpc.toml");
/// The commented defaults of what a service has, beside its port, as a program of its own: data, bus, tokens, telemetry.
pub const COMMON: &str = include_str!("settings/common.toml");
/// The commented default of where the auth service is: of all programs but auth.
pub const KEYS: &str = include_str!("settings/keys.toml");

/// Reads the settings of a program: `defaults` (TOML), then the environment variables that begin with
/// `prefix` and two underscores, then `overrides` (dotted key and value), the later over the earlier.
///
/// # Errors
/// [`SettingsError`], which names the key or variable and says what is allowed.
pub fn load<T: DeserializeOwned>(defaults: &str, prefix: &str, overrides: &[(&str, String)]) -> Result<T, SettingsError> {
    let mut settings = Settings::from_environment(prefix, &[("", defaults)])?;
    for (key, value) in overrides {
        settings.set(key, value)?;
    }
    settings.extract()
}

/// The settings of a program before they are given a type. Some are secrets: `Debug` shows no value.
#[derive(Clone)]
pub struct Settings {
    prefix: String,
    values: Dict,
}

impl Settings {
    /// As [`new`](Self::new), with the environment of this process.
    ///
    /// # Errors
    /// As there.
    pub fn from_environment(prefix: &str, defaults: &[(&str, &str)]) -> Result<Self, SettingsError> {
        // Names that aren't Unicode aren't ours; a value that isn't is taken as it can be read.
        let variables =
            std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.to_string_lossy().into_owned())));
        Self::new(prefix, defaults, variables)
    }

    /// Puts together `defaults` – each the name of the section it goes under (empty: the top) and its TOML,
    /// the later over the earlier – and the `variables` whose names begin with `prefix` and two underscores.
    ///
    /// # Errors
    /// [`SettingsError`] for a variable that names no key or has a value of another type.
    pub fn new(
        prefix: &str,
        defaults: &[(&str, &str)],
        variables: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, SettingsError> {
        let mut values = Dict::new();
        for (section, toml) in defaults {
            let parsed: Dict = Toml::from_str(toml).map_err(|error| SettingsError::Defaults(error.to_string().replace('\n', " ")))?;
            if section.is_empty() {
                merge(&mut values, parsed);
            } else {
                merge(&mut values, Dict::from([((*section).to_owned(), Value::from(parsed))]));
            }
        }
        let mut settings = Self { prefix: prefix.to_owned(), values };
        settings.override_by(variables)?;
        Ok(settings)
    }

    /// Sets one key, written with dots: `grpc.port`.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn set(&mut self, key: &str, value: &str) -> Result<(), SettingsError> {
        let path: Vec<&str> = key.split('.').collect();
        self.assign(key, &path, value)
    }

    /// The settings as a `T`; keys that `T` does not have are passed over, since others read them.
    ///
    /// # Errors
    /// [`SettingsError::Invalid`] for a value that `T` does not allow.
    pub fn extract<T: DeserializeOwned>(&self) -> Result<T, SettingsError> {
        Value::from(self.values.clone()).deserialize().map_err(|error| self.invalid("", &error))
    }

    /// The section `name` as a `T`.
    ///
    /// # Errors
    /// As [`extract`](Self::extract).
    pub fn section<T: DeserializeOwned>(&self, name: &str) -> Result<T, SettingsError> {
        let section = Value::from(self.values.clone()).find(name).unwrap_or_else(|| Value::from(Dict::new()));
        section.deserialize().map_err(|error| self.invalid(name, &error))
    }

    /// The environment variable that sets `key` (written with dots).
    #[must_use]
    pub fn variable(&self, key: &str) -> String {
        format!("{}__{}", self.prefix, key.replace('.', "__").to_uppercase())
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings").field("prefix", &self.prefix).finish_non_exhaustive()
    }
}

fn merge(base: &mut Dict, over: Dict) {
    for (key, value) in over {
        match (base.get_mut(&key), value) {
            (Some(Value::Dict(_, below)), Value::Dict(_, above)) => merge(below, above),
            (_, value) => {
                base.insert(key, value);
            }
        }
    }
}

#[cfg(test)]
mod tests;
