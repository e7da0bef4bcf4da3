//! The settings of all parts, each under its program's name.

use runtime::settings::COMMON;

/// The commented defaults of what is `crm`'s own.
pub const OWN: &str = include_str!("settings.toml");

/// The defaults of every section, as [`runtime::program::frame`] takes them.
pub const DEFAULTS: &[(&str, &str)] = &[
    ("", OWN),
    ("gateway", gateway::settings::DEFAULTS),
    ("auth", COMMON),
    ("auth", auth::SETTINGS),
    ("employee", COMMON),
    ("employee", employee::SETTINGS),
    ("customer", COMMON),
    ("customer", customer::SETTINGS),
    ("order", COMMON),
    ("order", order::SETTINGS),
];

/// All settings with their comments and defaults, the sections under their full names.
#[must_use]
pub fn commented() -> String {
    let section = |(name, toml): &(&str, &str)| match *name {
        "" => (*toml).to_owned(),
        name => toml.replace("\n[", &format!("\n[{name}.")),
    };
    DEFAULTS.iter().map(section).collect::<Vec<_>>().join("\n")
}
