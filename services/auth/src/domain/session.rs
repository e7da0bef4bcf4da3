//! A sign-in on one device: a family of refresh tokens of which exactly one is live (RFC 9700 section 4.14.2, ASVS 10.4.5).

use std::time::Duration;

use kernel::{AccountId, Timestamp, id::SessionId};
use serde::{Deserialize, Serialize};

use super::{
    account::Account,
    token::{Digest, RefreshToken},
};

/// How long a session lives at most, however often it is refreshed (ASVS 10.4.8).
pub const SESSION_LIFE: Duration = Duration::from_hours(30 * 24);

/// A session. Its serialized form is the stored document.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Session {
    /// The session's identifier, which is in its access tokens.
    pub id: SessionId,
    /// Rises by 1 with every change.
    pub version: u64,
    /// Who signed in.
    pub account_id: AccountId,
    /// The account's epoch of which it is; it has ended where the account is at another.
    pub epoch: u64,
    /// When it began.
    pub started_at: Timestamp,
    /// When it was last refreshed, or began.
    pub refreshed_at: Timestamp,
    /// When it ends at the latest.
    pub expires_at: Timestamp,
    /// Why it ended before its time.
    pub ended: Option<EndReason>,
    /// What all its tokens have in common.
    family: Digest,
    /// The live token.
    current: Digest,
    /// The token that was exchanged for the live one.
    previous: Option<Digest>,
}

/// Why a session ended before its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum EndReason {
    /// The person signed out.
    SignedOut,
    /// A refresh token was used that had been exchanged before.
    RefreshTokenReused,
    /// The password was changed or reset.
    PasswordChanged,
    /// The account was disabled.
    AccountDisabled,
}

impl EndReason {
    /// The code as the contracts write it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SignedOut => "SIGNED_OUT",
            Self::RefreshTokenReused => "REFRESH_TOKEN_REUSED",
            Self::PasswordChanged => "PASSWORD_CHANGED",
            Self::AccountDisabled => "ACCOUNT_DISABLED",
        }
    }
}

/// What comes of a refresh token that was handed in.
#[derive(Debug, Clone, PartialEq)]
#[must_use]
pub enum Refresh {
    /// The next token is the live one.
    Rotated(Session),
    /// The token had been exchanged before: somebody has a copy, so the session has ended.
    Reused(Session),
    /// It is no token of this session, or the session has ended.
    Refused,
}

impl Session {
    /// A session that begins with `first`.
    #[must_use]
    pub fn start(account: &Account, first: &RefreshToken, now: Timestamp) -> Self {
        Self {
            id: first.session,
            version: 1,
            account_id: account.id,
            epoch: account.session_epoch,
            started_at: now,
            refreshed_at: now,
            expires_at: now.plus(SESSION_LIFE),
            ended: None,
            family: first.family_digest(),
            current: first.digest(),
            previous: None,
        }
    }

    /// Whether it goes on, as far as it and its account can tell.
    #[must_use]
    pub fn is_live(&self, account: &Account, now: Timestamp) -> bool {
        self.ended.is_none() && now < self.expires_at && account.is_active() && account.session_epoch == self.epoch
    }

    /// Exchanges `token` for `next`.
    ///
    /// The token that was exchanged last may come again, since its answer may have been lost: that is forgiven until its
    /// successor is used, and the successor gives way. So there is one live token at any time, and of two people who have
    /// the same token one is found out by the next refresh.
    pub fn refresh(&self, token: &RefreshToken, next: &RefreshToken, account: &Account, now: Timestamp) -> Refresh {
        if token.family_digest() != self.family || !self.is_live(account, now) {
            return Refresh::Refused;
        }
        let given = token.digest();
        let previous = if given == self.current || Some(&given) == self.previous.as_ref() {
            given
        } else {
            return self.end(EndReason::RefreshTokenReused).map_or(Refresh::Refused, Refresh::Reused);
        };
        let version = self.version + 1;
        Refresh::Rotated(Self { version, refreshed_at: now, current: next.digest(), previous: Some(previous), ..self.clone() })
    }

    /// Ends it; `None` where it has ended.
    #[must_use]
    pub fn end(&self, reason: EndReason) -> Option<Self> {
        self.ended.is_none().then(|| Self { version: self.version + 1, ended: Some(reason), ..self.clone() })
    }

    /// Takes it over into the account's present epoch: the one session that a password change leaves.
    #[must_use]
    pub fn keep(&self, account: &Account) -> Self {
        Self { version: self.version + 1, epoch: account.session_epoch, ..self.clone() }
    }
}

#[cfg(test)]
mod tests;
