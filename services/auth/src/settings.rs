//! The program's settings.

use kernel::CompanyId;
use serde::{Deserialize, Deserializer, de::Error as _};

/// The commented defaults, over those of every service.
pub const SETTINGS: &str = include_str!("settings.toml");

/// What the service is built with, of its own settings and those of every service.
#[derive(Debug, Clone, Deserialize)]
pub struct Settings {
    /// Whose tokens it issues, and for whom.
    pub auth: Issuer,
    /// The company of a first start.
    #[serde(default)]
    pub company: Company,
}

/// Whose tokens it issues, and for whom.
#[derive(Debug, Clone, Deserialize)]
pub struct Issuer {
    /// The `iss` of access tokens.
    pub issuer: String,
    /// The `aud` of access tokens.
    pub audience: String,
}

/// The company of a first start.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Company {
    /// Its identifier; `None` for a new one.
    #[serde(deserialize_with = "optional_id")]
    pub id: Option<CompanyId>,
}

fn optional_id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<CompanyId>, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|_| D::Error::custom("must be a UUID such as 01890a5d-ac96-774b-bcce-b302099a8057, or empty"))
}

#[cfg(test)]
mod tests {
    use runtime::settings::{COMMON, Settings as All};

    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Settings, runtime::settings::SettingsError> {
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        All::new("AUTH", &[("", COMMON), ("", SETTINGS)], variables)?.extract()
    }

    #[test]
    fn the_defaults_are_settings() {
        let settings = read(&[]).unwrap();
        assert_eq!((settings.auth.audience.as_str(), settings.company.id), ("crm", None));
    }

    #[test]
    fn a_company_that_is_no_uuid_is_refused_with_its_key() {
        let id = "01890a5d-ac96-774b-bcce-b302099a8057";
        assert_eq!(read(&[("AUTH__COMPANY__ID", id)]).unwrap().company.id, id.parse().ok());
        let told = read(&[("AUTH__COMPANY__ID", "acme")]).unwrap_err().to_string();
        assert!(told.contains("company.id") && told.contains("UUID"), "{told}");
    }
}
