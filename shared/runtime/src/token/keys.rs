//! The public keys that tokens are checked with: where they come from, and how long they are kept.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use async_trait::async_trait;
use contracts::crm::auth::v1::{GetJwksRequest, auth_service_client::AuthServiceClient};
use jsonwebtoken::DecodingKey;
use kernel::{Env, Error, Result, Timestamp};

use crate::Transport;

/// After that long the keys are asked for again, so that a withdrawn one is forgotten.
const FRESH: Duration = Duration::from_secs(300);
/// After that long without an answer the keys are not trusted any more: without auth nothing goes on for ever.
const STALE: Duration = Duration::from_secs(3600);
/// The least time between two askings for a key that is not known, so that made-up ones cost auth nothing.
const ASK_AGAIN: Duration = Duration::from_secs(10);
/// The same while auth does not answer.
const ASK_AGAIN_FAILED: Duration = Duration::from_secs(1);
/// How long auth may take to answer.
const DEADLINE: Duration = Duration::from_secs(3);

/// A public key of Ed25519 (RFC 8037).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Jwk {
    /// Its identifier, which tokens name.
    pub kid: String,
    /// The key, base64url without padding.
    pub x: String,
}

/// Knows the public keys of the auth service that are valid now.
#[async_trait]
pub trait KeySource: Send + Sync {
    /// The keys that sign now, and those whose tokens still live.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    async fn keys(&self) -> Result<Vec<Jwk>>;
}

/// The keys as the auth service answers for them.
pub struct RemoteKeys(AuthServiceClient<Transport>);

impl RemoteKeys {
    /// Asks the auth service behind `transport`.
    #[must_use]
    pub fn new(transport: Transport) -> Self {
        Self(AuthServiceClient::new(transport))
    }
}

#[async_trait]
impl KeySource for RemoteKeys {
    async fn keys(&self) -> Result<Vec<Jwk>> {
        let mut request = tonic::Request::new(GetJwksRequest {});
        request.set_timeout(DEADLINE);
        let answer = self.0.clone().get_jwks(request).await.map_err(|status| contracts::error::from_status(&status))?;
        Ok(answer.into_inner().keys.into_iter().map(|key| Jwk { kid: key.kid, x: key.x }).collect())
    }
}

/// The keys, cached. A key that is not known is asked for, though not often; keys rotate without a restart.
pub(super) struct KeyRing {
    source: Arc<dyn KeySource>,
    env: Env,
    known: RwLock<Known>,
    /// Held while the source is asked: one asking serves all who wait.
    asking: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Known {
    keys: HashMap<String, Arc<DecodingKey>>,
    answered: Option<Timestamp>,
    failed: Option<Timestamp>,
}

/// What is to be done for a key.
enum Step {
    Use(Arc<DecodingKey>),
    Refresh(Arc<DecodingKey>),
    Ask,
    Unknown,
    Unavailable,
}

impl KeyRing {
    pub(super) fn new(source: Arc<dyn KeySource>, env: Env) -> Self {
        Self { source, env, known: RwLock::default(), asking: tokio::sync::Mutex::new(()) }
    }

    /// The key `kid`; `None` where there is none.
    ///
    /// # Errors
    /// [`Error::Unavailable`] where that can't be said.
    pub(super) async fn find(&self, kid: &str) -> Result<Option<Arc<DecodingKey>>> {
        match self.step(kid) {
            Step::Use(key) => return Ok(Some(key)),
            Step::Refresh(key) => {
                // One caller asks; the others go on with the key they have.
                let Ok(_asking) = self.asking.try_lock() else { return Ok(Some(key)) };
                self.ask().await;
            }
            Step::Ask => {
                let _asking = self.asking.lock().await;
                // Somebody may have asked while this one waited.
                if matches!(self.step(kid), Step::Ask) {
                    self.ask().await;
                }
            }
            Step::Unknown | Step::Unavailable => {}
        }
        match self.step(kid) {
            Step::Use(key) | Step::Refresh(key) => Ok(Some(key)),
            Step::Unknown => Ok(None),
            Step::Ask | Step::Unavailable => Err(Error::Unavailable("the auth service".into())),
        }
    }

    /// Asks for the keys where they were not had before; tells whether they were by now.
    pub(super) async fn prepare(&self) -> bool {
        let _asking = self.asking.lock().await;
        if !self.was_answered() {
            self.ask().await;
        }
        self.was_answered()
    }

    /// Whether the keys were ever had.
    pub(super) fn was_answered(&self) -> bool {
        self.known.read().unwrap_or_else(PoisonError::into_inner).answered.is_some()
    }

    fn step(&self, kid: &str) -> Step {
        let now = self.env.now();
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let age = known.answered.map(|at| now.since(at));
        let may_ask = match (known.failed, age) {
            (Some(failed), _) => now.since(failed) >= ASK_AGAIN_FAILED,
            (None, Some(age)) => age >= ASK_AGAIN,
            (None, None) => true,
        };
        let usable = age.is_some_and(|age| age < STALE);
        match known.keys.get(kid) {
            Some(key) if usable && may_ask && age >= Some(FRESH) => Step::Refresh(key.clone()),
            Some(key) if usable => Step::Use(key.clone()),
            _ if may_ask => Step::Ask,
            _ if usable && known.failed.is_none() => Step::Unknown,
            _ => Step::Unavailable,
        }
    }

    async fn ask(&self) {
        let answer = self.source.keys().await;
        let now = self.env.now();
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        match answer {
            Ok(keys) => *known = Known { keys: keys.iter().filter_map(decode).collect(), answered: Some(now), failed: None },
            Err(error) => {
                tracing::warn!(error.message = %error, "the keys of access tokens could not be had");
                known.failed = Some(now);
            }
        }
    }
}

fn decode(key: &Jwk) -> Option<(String, Arc<DecodingKey>)> {
    match DecodingKey::from_ed_components(&key.x) {
        Ok(decoded) => Some((key.kid.clone(), Arc::new(decoded))),
        Err(error) => {
            tracing::warn!(kid = key.kid, error.message = %error, "a key of the auth service can't be read");
            None
        }
    }
}
