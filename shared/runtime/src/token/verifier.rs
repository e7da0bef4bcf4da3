//! Verifying access tokens: everything that makes one refused.

use std::{sync::Arc, time::Duration};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use foldhash::fast::RandomState;
use jsonwebtoken::{Algorithm, Validation, errors::ErrorKind};
use kernel::{Env, Error, Principal, Result, Timestamp, id::SessionId};
use moka::sync::Cache;
use sha2::{Digest as _, Sha256};

use super::{ALGORITHM, Claims, Header, KeySource, TYPE, keys::KeyRing};

/// How long after an asking in vain the keys are asked for again at a start.
const PREPARE_AGAIN: Duration = Duration::from_secs(1);
/// A longer text is no token of ours: it is not even looked at.
const MAX_LENGTH: usize = 4096;
/// How far the clocks of two hosts may be apart for a token that was issued just now.
const SKEW: Duration = Duration::from_secs(10);
/// How many verified tokens are remembered.
const CACHED: u64 = 10_000;
/// A verified token is remembered no longer than that, however long it lives.
const CACHED_FOR: Duration = Duration::from_secs(600);

/// Who a verified token speaks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Who calls.
    pub principal: Principal,
    /// The session in which they do.
    pub session: SessionId,
    /// When the token ends.
    pub expires_at: Timestamp,
}

/// Verifies access tokens; what was verified is remembered until it expires.
pub struct Verifier {
    validation: Validation,
    keys: KeyRing,
    env: Env,
    verified: Cache<[u8; 32], Arc<Identity>, RandomState>,
}

impl Verifier {
    /// Accepts the tokens that `issuer` issued for `audience` with a key of `keys`.
    #[must_use]
    pub fn new(issuer: &str, audience: &str, keys: Arc<dyn KeySource>, env: Env) -> Self {
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_issuer(&[issuer]);
        validation.set_audience(&[audience]);
        validation.set_required_spec_claims(&["iss", "aud", "sub", "exp", "nbf"]);
        // Times are checked below, by the clock that was given.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        let verified = Cache::builder().max_capacity(CACHED).time_to_live(CACHED_FOR).build_with_hasher(RandomState::default());
        Self { validation, keys: KeyRing::new(keys, env.clone()), env, verified }
    }

    /// Asks for the keys until they were had once, so that the first caller need not wait for them.
    pub async fn prepare(&self) {
        while !self.keys.prepare().await {
            tokio::time::sleep(PREPARE_AGAIN).await;
        }
    }

    /// Whether the keys were had since the start: before that no token can be verified.
    #[must_use]
    pub fn is_prepared(&self) -> bool {
        self.keys.was_answered()
    }

    /// The caller that `token` speaks for.
    ///
    /// # Errors
    /// As [`identify`](Self::identify).
    pub async fn verify(&self, token: &str) -> Result<Principal> {
        Ok(self.identify(token).await?.principal.clone())
    }

    /// The caller that `token` speaks for, with the session.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] with the reason `TOKEN_INVALID` or `TOKEN_EXPIRED`; [`Error::Unavailable`]
    /// where the keys can't be had.
    pub async fn identify(&self, token: &str) -> Result<Arc<Identity>> {
        if token.len() > MAX_LENGTH {
            return Err(invalid("the token is too long"));
        }
        // By its digest, so that no usable token is kept here.
        let digest: [u8; 32] = Sha256::digest(token).into();
        if let Some(identity) = self.verified.get(&digest) {
            if identity.expires_at > self.env.now() {
                return Ok(identity);
            }
            self.verified.invalidate(&digest);
            return Err(expired());
        }
        let identity = Arc::new(self.check(token).await?);
        self.verified.insert(digest, identity.clone());
        Ok(identity)
    }

    async fn check(&self, token: &str) -> Result<Identity> {
        let kid = key_of(token)?;
        let key = self.keys.find(&kid).await?.ok_or_else(|| invalid("the token's key is not known"))?;
        let claims = jsonwebtoken::decode::<Claims>(token, &key, &self.validation).map_err(|error| refusal(error.kind()))?.claims;
        let (now, from, until) = (self.env.now(), seconds(claims.nbf)?, seconds(claims.exp)?);
        if until <= now {
            return Err(expired());
        }
        if from > now.plus(SKEW) {
            return Err(invalid("the token is not valid yet"));
        }
        Ok(Identity { principal: claims.principal(), session: claims.sid, expires_at: until })
    }
}

/// The `kid` of a token whose header is as ours are.
fn key_of(token: &str) -> Result<String> {
    let malformed = || invalid("this is no access token");
    let header = token.split('.').next().and_then(|part| URL_SAFE_NO_PAD.decode(part).ok()).ok_or_else(malformed)?;
    let header: Header<'_> = serde_json::from_slice(&header).map_err(|_| malformed())?;
    if header.typ != TYPE {
        return Err(invalid("the token is of another type"));
    }
    if header.alg != ALGORITHM {
        return Err(invalid("the token is signed by another algorithm"));
    }
    Ok(header.kid.to_owned())
}

fn seconds(at: i64) -> Result<Timestamp> {
    at.checked_mul(1_000_000).and_then(Timestamp::from_micros).ok_or_else(|| invalid("the token's times can't be"))
}

fn refusal(kind: &ErrorKind) -> Error {
    invalid(match kind {
        ErrorKind::InvalidSignature => "the token's signature is wrong",
        ErrorKind::InvalidIssuer => "the token is of another issuer",
        ErrorKind::InvalidAudience => "the token is for another audience",
        _ => "this is no access token",
    })
}

fn invalid(message: &'static str) -> Error {
    Error::unauthenticated("TOKEN_INVALID", message)
}

fn expired() -> Error {
    Error::unauthenticated("TOKEN_EXPIRED", "the token has expired; get a new one")
}
