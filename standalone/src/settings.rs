//! The settings of all parts, each under its program's name.

use runtime::settings::{BusSettings, GRPC, Settings, SettingsError, StoreKind};
use secrecy::SecretString;
use serde::Deserialize;

/// The commented defaults of what is `crm`'s own.
pub const OWN: &str = include_str!("settings.toml");

/// The defaults of every section, as [`runtime::program::frame`] takes them. What the services have as programs of their
/// own, such as a store, is no setting here: it would be passed over in silence.
pub const DEFAULTS: &[(&str, &str)] = &[
    ("", OWN),
    ("gateway", gateway::settings::DEFAULTS),
    ("auth", GRPC),
    ("auth", auth::SETTINGS),
    ("employee", GRPC),
    ("employee", employee::SETTINGS),
    ("customer", GRPC),
    ("customer", customer::SETTINGS),
    ("order", GRPC),
    ("order", order::SETTINGS),
];

/// Where the services keep their data.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Store {
    /// In what.
    pub kind: StoreKind,
    /// The MongoDB deployment; it may hold a password.
    pub url: SecretString,
    /// What the names of the MongoDB databases begin with.
    pub database: String,
}

/// Of what the data and the events on their way are kept.
#[derive(Debug, Clone)]
pub struct Kinds {
    /// The services' data.
    pub store: Store,
    /// The events.
    pub bus: BusSettings,
}

impl Kinds {
    /// As the settings say.
    ///
    /// # Errors
    /// [`SettingsError`] that names the key.
    pub fn of(settings: &Settings) -> Result<Self, SettingsError> {
        Ok(Self { store: settings.section("store")?, bus: settings.section("bus")? })
    }
}

/// The settings of the auth service: it issues the tokens that the gateway accepts, which is set there and nowhere else.
///
/// # Errors
/// [`SettingsError`] that names the key.
pub fn auth(settings: &Settings) -> Result<auth::Settings, SettingsError> {
    let gateway::settings::Tokens { issuer, audience } = settings.section("gateway.auth")?;
    Ok(auth::Settings { auth: auth::settings::Issuer { issuer, audience }, company: settings.section("auth.company")? })
}

/// Gives the demo databases and queues of its own, so that people with known passwords never come among those of work. Its
/// folder is another one too.
///
/// # Errors
/// [`SettingsError`] that names the key.
pub fn set_demo_apart(settings: &mut Settings) -> Result<(), SettingsError> {
    let Kinds { store, bus } = Kinds::of(settings)?;
    settings.set("store.database", &format!("{}_demo", store.database))?;
    settings.set("bus.namespace", &format!("{}_demo", bus.namespace))
}

/// Takes the databases and the broker on which the services work as programs of their own.
///
/// # Errors
/// [`SettingsError`] that names the key.
pub fn set_programs(settings: &mut Settings) -> Result<(), SettingsError> {
    settings.set("store.kind", "mongodb")?;
    settings.set("bus.kind", "rabbitmq")
}

/// All settings with their comments and defaults, the sections under their full names.
#[must_use]
pub fn commented() -> String {
    let section = |(name, toml): &(&str, &str)| match *name {
        "" => (*toml).to_owned(),
        name => toml.replace("\n[", &format!("\n[{name}.")),
    };
    DEFAULTS.iter().map(section).collect::<Vec<_>>().join("\n")
}
