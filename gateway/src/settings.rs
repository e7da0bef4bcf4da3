//! What the gateway is set up with. The defaults, with their comments, are in `settings.toml`.

use std::{net::IpAddr, path::PathBuf, time::Duration};

use runtime::settings::{Telemetry, duration};
use secrecy::SecretString;
use serde::{Deserialize, Deserializer, de::Error as _};

pub use crate::operation::manifest::Manifest;

/// The commented defaults.
pub const DEFAULTS: &str = include_str!("settings.toml");

/// The settings of the gateway.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Where it listens.
    pub http: Http,
    /// The limits of its edge.
    pub edge: Edge,
    /// Where the services are.
    pub services: Services,
    /// What is kept of their answers.
    pub cache: Cache,
    /// What is there for developers.
    pub development: Development,
    /// How access tokens are checked.
    pub auth: Tokens,
    /// Logs, traces, metrics.
    pub telemetry: Telemetry,
}

/// Where the gateway listens.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Http {
    /// The address to listen on.
    pub address: IpAddr,
    /// The port to listen on; 0 for any free one.
    pub port: u16,
    /// How many connections are served at once.
    pub max_connections: usize,
    /// How long requests under way may take to finish at a stop.
    #[serde(deserialize_with = "duration")]
    pub stop_timeout: Duration,
}

/// The limits of the HTTP edge.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Edge {
    /// The longest a request may take.
    #[serde(deserialize_with = "duration")]
    pub request_timeout: Duration,
    /// The most bytes of a GraphQL request.
    pub body_limit: usize,
    /// The most items of lists that an operation may ask for, all its lists together.
    pub max_items: u64,
    /// The most fields of an operation, with fragments opened.
    pub max_fields: u64,
    /// The operations that are known from the beginning.
    #[serde(deserialize_with = "manifest")]
    pub trusted_operations: Manifest,
    /// Whether no others are executed.
    pub trusted_only: bool,
    /// The most bytes of a photo.
    pub photo_limit: usize,
}

/// Reads the manifest in the file of that name; an empty name is that of an empty manifest.
fn manifest<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Manifest, D::Error> {
    let file = PathBuf::deserialize(deserializer)?;
    if file.as_os_str().is_empty() {
        return Ok(Manifest::default());
    }
    let problem = |problem: &dyn std::fmt::Display| D::Error::custom(format!("{} can't be read: {problem}", file.display()));
    let text = std::fs::read_to_string(&file).map_err(|error| problem(&error))?;
    serde_json::from_str(&text).map_err(|error| problem(&error))
}

/// Where the services are.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Services {
    /// The auth service.
    pub auth: String,
    /// The employee service.
    pub employee: String,
    /// The customer service.
    pub customer: String,
    /// The order service.
    pub order: String,
}

/// What is kept of the services' answers.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cache {
    /// The most things of each kind; 0 for no cache.
    pub things: usize,
    /// The RabbitMQ broker that tells what changes; it may hold a password.
    pub bus_url: SecretString,
    /// What the names of its exchange and queues begin with.
    pub bus_namespace: String,
}

/// What is there for developers, and off elsewhere.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Development {
    /// The GraphiQL page.
    pub graphiql: bool,
    /// Whether requests are told the number of their gRPC calls when they ask.
    pub rpc_count: bool,
}

/// How access tokens are checked.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tokens {
    /// The `iss` that a token must have.
    pub issuer: String,
    /// The `aud` that a token must have.
    pub audience: String,
}
