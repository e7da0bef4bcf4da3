//! The sections that every service has, as types. What each key means stands in the defaults beside this.

use std::{net::IpAddr, path::PathBuf, time::Duration};

use secrecy::SecretString;
use serde::{Deserialize, Deserializer, de::Error as _};

/// What every service is set up with. Keys beside these are the service's own.
#[derive(Debug, Clone, Deserialize)]
pub struct Common {
    /// The port of its gRPC service.
    pub grpc: Grpc,
    /// Its data.
    pub store: StoreSettings,
    /// The events on their way.
    pub bus: BusSettings,
    /// How access tokens are checked.
    pub auth: Auth,
    /// Logs, traces, metrics.
    pub telemetry: Telemetry,
}

/// The port of a gRPC service and its limits.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grpc {
    /// The address to listen on.
    pub address: IpAddr,
    /// The port to listen on; 0 for any free one.
    pub port: u16,
    /// How many connections are served at once; further ones wait.
    pub max_connections: usize,
    /// How many calls one connection may have under way.
    pub max_concurrent_streams: u32,
    /// The longest a call may take, and what it may take where the caller sets no deadline.
    #[serde(deserialize_with = "duration")]
    pub call_timeout: Duration,
    /// How long calls under way may take to finish at a stop; then the same again for background tasks.
    #[serde(deserialize_with = "duration")]
    pub stop_timeout: Duration,
}

/// Where a service keeps its data.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoreSettings {
    /// In what.
    pub kind: StoreKind,
    /// The MongoDB deployment; it may hold a password.
    pub url: SecretString,
    /// The MongoDB database; empty for one with the program's name.
    pub database: String,
    /// The SQLite file; empty for one in the [`data_folder`].
    pub path: PathBuf,
}

/// The adapters of the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StoreKind {
    /// A replica set, for programs on any number of hosts.
    MongoDb,
    /// A file on this machine.
    Sqlite,
}

/// How events reach others.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BusSettings {
    /// By what.
    pub kind: BusKind,
    /// The RabbitMQ broker and its virtual host; it may hold a password.
    pub url: SecretString,
    /// What the names of the exchange and the queues begin with.
    pub namespace: String,
}

/// The adapters of the bus.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum BusKind {
    /// A broker, which any number of programs share.
    #[serde(rename = "rabbitmq")]
    RabbitMq,
    /// Within one process, in a file on this machine.
    #[serde(rename = "in-process")]
    InProcess,
}

/// How access tokens are checked.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Auth {
    /// Where the auth service answers for its keys; `None` in the auth service itself.
    pub url: Option<String>,
    /// The `iss` that a token must have.
    pub issuer: String,
    /// The `aud` that a token must have.
    pub audience: String,
}

/// Logs, traces and metrics.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Telemetry {
    /// How logs are written.
    pub log_format: LogFormat,
    /// What is logged: the syntax of `tracing_subscriber::EnvFilter`.
    pub log_filter: String,
    /// Where traces are sent by OTLP over gRPC; empty for nowhere.
    pub otlp_endpoint: String,
    /// The share of traces begun here that is sent, 0 to 1.
    pub trace_ratio: f64,
    /// The address of `/metrics`.
    pub metrics_address: IpAddr,
    /// The port of `/metrics`: 0 for any free one, -1 for none.
    #[serde(deserialize_with = "port_or_none")]
    pub metrics_port: Option<u16>,
}

/// How logs are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// Text where a terminal is listening, else JSON.
    Auto,
    /// A line of text an event, for people.
    Text,
    /// A line of JSON an event, with the field names of ECS.
    Json,
}

/// The folder where this user's programs keep their data, for this product; `None` where the system has none.
#[must_use]
pub fn data_folder() -> Option<PathBuf> {
    directories::ProjectDirs::from("", "", "crm").map(|folders| folders.data_dir().to_owned())
}

/// Reads a duration such as `10s` or `500ms`, which must be above zero: for `#[serde(deserialize_with)]`.
///
/// # Errors
/// For any other text.
pub fn duration<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let text = String::deserialize(deserializer)?;
    let parsed = text.parse::<jiff::SignedDuration>().ok().and_then(|duration| Duration::try_from(duration).ok());
    parsed.filter(|duration| !duration.is_zero()).ok_or_else(|| D::Error::custom("must be a duration above zero such as 10s or 500ms"))
}

/// Reads a port; -1 is none.
fn port_or_none<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u16>, D::Error> {
    match i64::deserialize(deserializer)? {
        -1 => Ok(None),
        port => u16::try_from(port).map(Some).map_err(|_| D::Error::custom("must be a port, 0 for any free one or -1 for none")),
    }
}
