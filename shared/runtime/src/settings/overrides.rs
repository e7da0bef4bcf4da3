//! Overriding single keys, each by a text of which the default says the type.

use figment::{
    error::Kind,
    value::{Dict, Num, Value},
};

use super::Settings;

/// Why a program's settings are not usable. The text is one line and says what to change.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// A variable, or a key on the command line, that sets nothing.
    #[error("{name} is no setting; {allowed}")]
    Unknown {
        /// The variable or key.
        name: String,
        /// What there is instead.
        allowed: String,
    },
    /// A value that is not allowed.
    #[error("{key} ({variable}): {problem}")]
    Invalid {
        /// The key, with dots.
        key: String,
        /// The environment variable that sets it.
        variable: String,
        /// What is allowed.
        problem: String,
    },
    /// A file that a variable ending in `_FILE` names can't be read.
    #[error("{variable}: cannot read {path}: {source}")]
    File {
        /// The variable.
        variable: String,
        /// The file.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// The defaults in the program are wrong: a fault of ours.
    #[error("the defaults of the settings are not valid: {0}")]
    Defaults(String),
}

impl SettingsError {
    /// `key` has a value that is not allowed.
    pub fn invalid(settings: &Settings, key: &str, problem: impl Into<String>) -> Self {
        Self::Invalid { key: key.to_owned(), variable: settings.variable(key), problem: problem.into() }
    }
}

impl Settings {
    /// Takes those of `variables` that have the program's prefix.
    pub(super) fn override_by(&mut self, variables: impl IntoIterator<Item = (String, String)>) -> Result<(), SettingsError> {
        let prefix = format!("{}__", self.prefix);
        let mut variables: Vec<_> = variables.into_iter().filter(|(name, _)| name.starts_with(&prefix)).collect();
        variables.sort();
        for (name, value) in variables {
            let path = name[prefix.len()..].to_lowercase();
            let path: Vec<&str> = path.split("__").collect();
            match self.secret_file(&path) {
                Some(target) => {
                    let content = std::fs::read_to_string(&value).map_err(|source| SettingsError::File {
                        variable: name.clone(),
                        path: value,
                        source,
                    })?;
                    let target: Vec<&str> = target.iter().map(String::as_str).collect();
                    self.assign(&name, &target, content.trim_end_matches(['\r', '\n']))?;
                }
                None => self.assign(&name, &path, &value)?,
            }
        }
        Ok(())
    }

    /// The key whose value is to be read from a file, where `path` is no key itself but one with `_file` behind it.
    fn secret_file(&self, path: &[&str]) -> Option<Vec<String>> {
        if find(&self.values, path).is_some() {
            return None;
        }
        let (last, parents) = path.split_last()?;
        let target: Vec<&str> = parents.iter().copied().chain([last.strip_suffix("_file")?]).collect();
        find(&self.values, &target)?;
        Some(target.into_iter().map(str::to_owned).collect())
    }

    /// Sets the key at `path`; `name` is what the user called it.
    pub(super) fn assign(&mut self, name: &str, path: &[&str], text: &str) -> Result<(), SettingsError> {
        let invalid = |problem: String| SettingsError::Invalid { key: path.join("."), variable: name.to_owned(), problem };
        let Some(place) = find_mut(&mut self.values, path) else {
            return Err(SettingsError::Unknown { name: name.to_owned(), allowed: self.allowed(path) });
        };
        *place = match place {
            Value::String(..) | Value::Char(..) => Value::from(text),
            Value::Bool(..) => Value::from(text.parse::<bool>().map_err(|_| invalid("must be true or false".to_owned()))?),
            Value::Num(_, Num::F32(_) | Num::F64(_)) => {
                Value::from(text.parse::<f64>().map_err(|_| invalid("must be a number".to_owned()))?)
            }
            Value::Num(..) => Value::from(text.parse::<i64>().map_err(|_| invalid("must be a whole number".to_owned()))?),
            Value::Array(..) => Value::from(text.split(',').map(str::trim).filter(|item| !item.is_empty()).collect::<Vec<_>>()),
            Value::Dict(_, section) => {
                let allowed = format!("it is a section; set one of its keys: {}", keys(section));
                return Err(SettingsError::Unknown { name: name.to_owned(), allowed });
            }
            Value::Empty(..) => return Err(SettingsError::Defaults(format!("{} has no type", path.join(".")))),
        };
        Ok(())
    }

    fn allowed(&self, path: &[&str]) -> String {
        match path.split_first() {
            Some((section, rest)) if !rest.is_empty() => match self.values.get(*section) {
                Some(Value::Dict(_, keys_of)) => format!("{section} has {}", keys(keys_of)),
                _ => format!("there are the sections {}", keys(&self.values)),
            },
            _ => format!("there are {}", keys(&self.values)),
        }
    }

    pub(super) fn invalid(&self, section: &str, error: &figment::Error) -> SettingsError {
        let mut path: Vec<&str> = [section].into_iter().filter(|s| !s.is_empty()).collect();
        path.extend(error.path.iter().map(String::as_str));
        let problem = match &error.kind {
            // The value might be a secret: it is not repeated.
            Kind::InvalidType(_, expected) | Kind::InvalidValue(_, expected) => format!("must be {expected}"),
            Kind::UnknownVariant(_, allowed) => format!("must be one of {}", allowed.join(", ")),
            Kind::MissingField(field) => {
                path.push(field);
                "is missing".to_owned()
            }
            other => other.to_string(),
        };
        SettingsError::invalid(self, &path.join("."), problem)
    }
}

fn find<'a>(values: &'a Dict, path: &[&str]) -> Option<&'a Value> {
    match path {
        [] => None,
        [key] => values.get(*key),
        [section, rest @ ..] => match values.get(*section)? {
            Value::Dict(_, section) => find(section, rest),
            _ => None,
        },
    }
}

fn find_mut<'a>(values: &'a mut Dict, path: &[&str]) -> Option<&'a mut Value> {
    match path {
        [] => None,
        [key] => values.get_mut(*key),
        [section, rest @ ..] => match values.get_mut(*section)? {
            Value::Dict(_, section) => find_mut(section, rest),
            _ => None,
        },
    }
}

fn keys(section: &Dict) -> String {
    section.keys().map(String::as_str).collect::<Vec<_>>().join(", ")
}
