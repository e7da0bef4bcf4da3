//! The tokens that a session gives.

use kernel::{CompanyId, Timestamp, id::SessionId};
use runtime::token::{Claims, SigningKey, issue};
use store::{Part, Transaction};

use super::{AccountRecord, Application};
use crate::{
    documents::LastSignIn,
    domain::{account::Account, keys::ACCESS_TOKEN_LIFE, secret::Secret, session::Session, token::RefreshToken},
    publishing,
};

/// What a sign-in gives: the tokens of one session.
#[derive(Debug, Clone)]
pub struct Tokens {
    /// The JWT that calls carry.
    pub access_token: Secret,
    /// When it ends.
    pub access_token_expires_at: Timestamp,
    /// What is exchanged for the next tokens.
    pub refresh_token: Secret,
    /// When the session ends.
    pub expires_at: Timestamp,
    /// The account that signed in.
    pub account: AccountRecord,
}

/// A session that is about to begin.
pub(super) struct Beginning {
    pub(super) session: Session,
    pub(super) first: RefreshToken,
}

impl Application {
    /// Adds the beginning of a session of `account` to `transaction`, and that somebody signed in.
    pub(super) fn begin_session(&self, transaction: &mut Transaction, company: CompanyId, account: &Account) -> Beginning {
        let (now, random) = (self.env.now(), &self.env);
        let first = RefreshToken::new(company, random.new_id(), random.random_bytes(), random.random_bytes());
        let session = Session::start(account, &first, now);
        transaction.insert(&session);
        transaction.put(&LastSignIn { id: account.id, at: now });
        transaction.publish(publishing::signed_in(&self.env, &account.principal(company), &session));
        Beginning { session, first }
    }

    /// The tokens of a session that has begun.
    pub(super) fn first_tokens(&self, key: &SigningKey, company: CompanyId, begun: &Beginning, account: Account) -> Tokens {
        let account = AccountRecord { account, last_signed_in_at: Part::Read(Some(begun.session.started_at)) };
        self.tokens(key, company, &begun.session, &begun.first, account)
    }

    /// The tokens of a session whose live refresh token is `refresh`.
    pub(super) fn tokens(
        &self,
        key: &SigningKey,
        company: CompanyId,
        session: &Session,
        refresh: &RefreshToken,
        account: AccountRecord,
    ) -> Tokens {
        let (access_token, access_token_expires_at) = self.access_token(key, company, session.id, &account.account);
        Tokens { access_token, access_token_expires_at, refresh_token: refresh.text(), expires_at: session.expires_at, account }
    }

    fn access_token(&self, key: &SigningKey, company: CompanyId, session: SessionId, account: &Account) -> (Secret, Timestamp) {
        // JWTs have whole seconds.
        let issued_at = self.env.now().as_micros().div_euclid(1_000_000);
        let expires_at = issued_at.saturating_add(i64::try_from(ACCESS_TOKEN_LIFE.as_secs()).unwrap_or(0));
        let claims = Claims {
            iss: self.settings.auth.issuer.clone(),
            aud: self.settings.auth.audience.clone(),
            sub: account.id,
            sid: session,
            company,
            employee: account.employee_id,
            role: account.role,
            iat: issued_at,
            nbf: issued_at,
            exp: expires_at,
            jti: self.env.random_uuid(),
        };
        let until = Timestamp::from_micros(expires_at.saturating_mul(1_000_000)).unwrap_or(self.env.now());
        (Secret::new(issue(&claims, key)), until)
    }
}
