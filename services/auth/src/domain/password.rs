//! Which passwords may be chosen (ASVS 5.0, 6.2; NIST SP 800-63B): 8 to 128 characters of any kind, no rules on which kinds,
//! none that others guess first.

use kernel::{EmailAddress, Error, Result, search::fold};
use secrecy::{ExposeSecret as _, SecretString};
use unicode_normalization::UnicodeNormalization as _;

mod guessable;

/// The fewest characters.
const MIN: usize = 8;
/// The most characters.
const MAX: usize = 128;
/// The most bytes that are looked at: no password of [`MAX`] characters has more, however they are composed.
const MAX_BYTES: usize = 4_096;
/// Shorter parts of a name or an address may be in a password: `anna` must not, `an` may.
const MIN_PART: usize = 4;

/// A password as a person typed it, in Unicode's form NFKC so that every keyboard types the same one (NIST SP 800-63B,
/// 5.1.1.2). Otherwise it stays as it is (ASVS 6.2.8).
#[derive(Debug, Clone)]
pub struct Password(SecretString);

impl Password {
    /// A password that is to be compared with one that was chosen earlier. What can't be one, because it is far too long,
    /// becomes the empty text, which is no account's password.
    #[must_use]
    pub fn given(text: &str) -> Self {
        let text = if text.len() > MAX_BYTES { "" } else { text };
        Self(SecretString::from(text.nfkc().collect::<String>()))
    }

    /// A password that is chosen for the account with this address and name.
    ///
    /// # Errors
    /// [`Error::Invalid`] that names `field`: `TOO_SHORT`, `TOO_LONG`, `COMMON_PASSWORD` or `CONTAINS_NAME`.
    pub fn choose(field: &str, text: &str, email: &EmailAddress, name: &str) -> Result<Self> {
        let refused = |code, message: String| Err(Error::invalid(field, code, message));
        let password = Self::given(text);
        let length = password.expose().chars().count();
        if text.len() > MAX_BYTES || length > MAX {
            return refused("TOO_LONG", format!("must have at most {MAX} characters"));
        }
        if length < MIN {
            return refused("TOO_SHORT", format!("must have at least {MIN} characters"));
        }
        let folded = fold(password.expose());
        if guessable::is_guessable(&folded) {
            return refused("COMMON_PASSWORD", "must not be one that many people use or that follows the keyboard".to_owned());
        }
        if parts(email, name).any(|part| folded.contains(&part)) {
            return refused("CONTAINS_NAME", "must not contain the name or the email address of the account".to_owned());
        }
        Ok(password)
    }

    /// The text, for hashing.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

/// What of an address and a name must not be in a password: what stands before the `@`, and each word, folded.
fn parts(email: &EmailAddress, name: &str) -> impl Iterator<Item = String> {
    let local = email.as_str().split('@').next().unwrap_or_default();
    let words = [local, name].into_iter().flat_map(|text| text.split(|c: char| !c.is_alphanumeric()));
    [local].into_iter().chain(words).map(fold).filter(|part| part.chars().count() >= MIN_PART).collect::<Vec<_>>().into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choose(text: &str) -> Result<Password> {
        Password::choose("password", text, &EmailAddress::parse("email", "j.berzins@example.com").unwrap(), "Jānis Bērziņš")
    }

    fn code(text: &str) -> String {
        match choose(text).map(|_| ()) {
            Err(Error::Invalid(violations)) if violations[0].field == "password" => violations[0].code.to_string(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn any_kind_of_characters_will_do() {
        for text in [
            "kvieši un rudzi",
            "горностай-42-на-мосту",
            "xkcdfnord",
            "🦀🦀🐙🐙🦑🦑🐌🐌",
            &"kad āboli krīt rudenī ".repeat(5),
            "tr0ub4dor&3",
            "73911408265530",
        ] {
            assert!(choose(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn a_password_has_8_to_128_characters() {
        assert_eq!(code(""), "TOO_SHORT");
        assert_eq!(code("ķēžļņšū"), "TOO_SHORT");
        assert_eq!(code(&"kā-".repeat(43)), "TOO_LONG");
        assert_eq!(code(&"x".repeat(1_000_000)), "TOO_LONG");
        assert!(choose("kviešu8!").is_ok() && choose(&"kvieši, rudzi un".repeat(8)).is_ok());
    }

    #[test]
    fn what_contains_the_name_or_the_address_is_refused() {
        for text in ["my name is janis!", "BĒRZIŅŠ rullē", "j.berzins.forever", "xxJÃNISxx77"] {
            assert_eq!(code(text), "CONTAINS_NAME", "{text}");
        }
    }

    #[test]
    fn one_password_has_one_form_on_every_keyboard() {
        assert_eq!(Password::given("pa\u{304}rsla").expose(), Password::given("p\u{101}rsla").expose());
        assert_eq!(Password::given("Case Stays ").expose(), "Case Stays ");
        assert_eq!(Password::given(&"x".repeat(5_000)).expose(), "");
    }
}
