//! What an employee can do.

use std::collections::BTreeSet;

use kernel::{Error, Result, Violations, search, text};
use serde::{Deserialize, Serialize};

/// Skills in the order given, each once. Case and accents don't tell two of them apart.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Skills(Vec<String>);

impl Skills {
    /// The most skills of one employee.
    pub const MAX: usize = 20;
    /// The most characters of one skill.
    pub const MAX_LENGTH: usize = 50;

    /// Reads skills that came from outside.
    ///
    /// # Errors
    /// [`Error::Invalid`] that names `field`, or the element of it: too many, too long, empty, or one given twice.
    pub fn parse<S: AsRef<str>>(field: &str, skills: &[S]) -> Result<Self> {
        if skills.len() > Self::MAX {
            return Err(Error::invalid(field, "TOO_MANY", format!("must have at most {} items", Self::MAX)));
        }
        let mut checks = Violations::default();
        let mut seen = BTreeSet::new();
        let mut read = Vec::with_capacity(skills.len());
        for (at, skill) in skills.iter().enumerate() {
            let field = format!("{field}[{at}]");
            if let Some(skill) = checks.take(text::line(&field, skill.as_ref(), Self::MAX_LENGTH)) {
                checks.require(seen.insert(key(&skill)), &field, "DUPLICATE", "must not repeat another item");
                read.push(skill);
            }
        }
        checks.finish()?;
        Ok(Self(read))
    }

    /// The skills as they were written.
    #[must_use]
    pub fn as_slice(&self) -> &[String] {
        &self.0
    }

    /// The skills as they are compared.
    #[must_use]
    pub fn keys(&self) -> Vec<String> {
        self.0.iter().map(|skill| key(skill)).collect()
    }
}

/// A skill as it is compared: without case and accents.
#[must_use]
pub fn key(skill: &str) -> String {
    search::fold(skill.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(skills: &[&str]) -> (String, String) {
        match Skills::parse("skills", skills) {
            Err(Error::Invalid(violations)) => (violations[0].field.clone(), violations[0].code.to_string()),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn skills_keep_their_order_and_spelling() {
        let skills = Skills::parse("skills", &[" Logi ", "Grīdas"]).unwrap();
        assert_eq!(skills.as_slice(), ["Logi", "Grīdas"]);
        assert_eq!(skills.keys(), ["logi", "gridas"]);
    }

    #[test]
    fn a_skill_that_is_empty_too_long_or_there_already_is_refused_by_its_place() {
        assert_eq!(code(&["windows", " "]), ("skills[1]".into(), "REQUIRED".into()));
        assert_eq!(code(&["windows", "floors", &"x".repeat(51)]), ("skills[2]".into(), "TOO_LONG".into()));
        assert_eq!(code(&["Grīdas", "GRIDAS"]), ("skills[1]".into(), "DUPLICATE".into()));
    }

    #[test]
    fn more_than_twenty_skills_are_refused() {
        let many: Vec<String> = (0..21).map(|n| format!("skill {n}")).collect();
        assert!(Skills::parse("skills", &many[..20]).is_ok());
        assert_eq!(code(&many.iter().map(String::as_str).collect::<Vec<_>>()), ("skills".into(), "TOO_MANY".into()));
    }
}
