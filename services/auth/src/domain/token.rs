//! Opaque one-time tokens: what is handed out, and what is kept of it.
//!
//! A token says which company and which thing it is for, so that it can be looked up, and proves itself by 32 random
//! bytes of which only the SHA-256 is kept (ASVS 6.5.2, 6.5.3): whoever reads the store can't use what they find. With that many
//! random bytes a fast hash is enough.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use kernel::{AccountId, CompanyId, id::SessionId};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::secret::Secret;

/// The SHA-256 of a token's random part, in hexadecimal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Digest(String);

impl Digest {
    /// The digest of `bytes`.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect())
    }
}

/// A refresh token: one of the family of a session.
#[derive(Clone, PartialEq, Eq)]
pub struct RefreshToken {
    /// The company of the session.
    pub company: CompanyId,
    /// The session.
    pub session: SessionId,
    /// The same in all tokens of the session. It tells an older token of the family, whose own digest is no longer
    /// kept, from one that was made up.
    family: [u8; 16],
    /// Its own.
    secret: [u8; 32],
}

impl RefreshToken {
    const PREFIX: &'static str = "crm_refresh_";

    /// A token of these random bytes.
    #[must_use]
    pub fn new(company: CompanyId, session: SessionId, family: [u8; 16], secret: [u8; 32]) -> Self {
        Self { company, session, family, secret }
    }

    /// The next token of the same session.
    #[must_use]
    pub fn next(&self, secret: [u8; 32]) -> Self {
        Self { secret, ..self.clone() }
    }

    /// Reads what a client sent; `None` for anything that was not handed out in this form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bytes: [u8; 80] = read(Self::PREFIX, text)?;
        Some(Self {
            company: CompanyId::from_uuid(Uuid::from_bytes(bytes[..16].try_into().ok()?)),
            session: SessionId::from_uuid(Uuid::from_bytes(bytes[16..32].try_into().ok()?)),
            family: bytes[32..48].try_into().ok()?,
            secret: bytes[48..].try_into().ok()?,
        })
    }

    /// The text that the client gets.
    #[must_use]
    pub fn text(&self) -> Secret {
        write(Self::PREFIX, &[self.company.uuid().as_bytes(), self.session.uuid().as_bytes(), &self.family, &self.secret])
    }

    /// What is kept of the family's part.
    #[must_use]
    pub fn family_digest(&self) -> Digest {
        Digest::of(&self.family)
    }

    /// What is kept of the token's own part.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::of(&self.secret)
    }
}

/// An invitation: it lets a person set the password of an account, once.
#[derive(Clone, PartialEq, Eq)]
pub struct InvitationToken {
    /// The company of the account.
    pub company: CompanyId,
    /// The account.
    pub account: AccountId,
    secret: [u8; 32],
}

impl InvitationToken {
    const PREFIX: &'static str = "crm_invitation_";

    /// An invitation of these random bytes.
    #[must_use]
    pub fn new(company: CompanyId, account: AccountId, secret: [u8; 32]) -> Self {
        Self { company, account, secret }
    }

    /// Reads what a person handed in; `None` for anything that was not handed out in this form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bytes: [u8; 64] = read(Self::PREFIX, text.trim())?;
        Some(Self {
            company: CompanyId::from_uuid(Uuid::from_bytes(bytes[..16].try_into().ok()?)),
            account: AccountId::from_uuid(Uuid::from_bytes(bytes[16..32].try_into().ok()?)),
            secret: bytes[32..].try_into().ok()?,
        })
    }

    /// The text that the person gets.
    #[must_use]
    pub fn text(&self) -> Secret {
        write(Self::PREFIX, &[self.company.uuid().as_bytes(), self.account.uuid().as_bytes(), &self.secret])
    }

    /// What is kept of it.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::of(&self.secret)
    }
}

fn read<const N: usize>(prefix: &str, text: &str) -> Option<[u8; N]> {
    let encoded = text.strip_prefix(prefix).filter(|encoded| encoded.len() <= 2 * N)?;
    URL_SAFE_NO_PAD.decode(encoded).ok()?.try_into().ok()
}

fn write(prefix: &str, parts: &[&[u8]]) -> Secret {
    Secret::new(format!("{prefix}{}", URL_SAFE_NO_PAD.encode(parts.concat())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refresh() -> RefreshToken {
        RefreshToken::new(CompanyId::from_uuid(Uuid::from_u128(1)), SessionId::from_uuid(Uuid::from_u128(2)), [3; 16], [4; 32])
    }

    #[test]
    fn a_token_survives_its_text() {
        let token = refresh();
        assert!(RefreshToken::parse(token.text().expose()) == Some(token));
        let invitation = InvitationToken::new(CompanyId::from_uuid(Uuid::from_u128(1)), AccountId::from_uuid(Uuid::from_u128(2)), [5; 32]);
        assert!(InvitationToken::parse(&format!(" {}\n", invitation.text().expose())) == Some(invitation));
    }

    #[test]
    fn a_token_of_another_kind_or_made_up_is_none() {
        let text = refresh().text().expose().to_owned();
        assert!(InvitationToken::parse(&text).is_none());
        for wrong in
            ["", "crm_refresh_", &text[..text.len() - 1], &format!("{text}A"), &text.replace("refresh", "access"), &"A".repeat(1_000_000)]
        {
            assert!(RefreshToken::parse(wrong).is_none());
        }
    }

    #[test]
    fn what_is_kept_of_a_token_is_not_the_token() {
        let token = refresh();
        let kept = serde_json::to_string(&(token.digest(), token.family_digest())).unwrap();
        assert!(!kept.contains(&URL_SAFE_NO_PAD.encode([4; 32])) && !kept.contains(&"04".repeat(32)));
        assert_ne!(token.digest(), token.next([6; 32]).digest());
        assert_eq!(token.family_digest(), token.next([6; 32]).family_digest());
    }
}
