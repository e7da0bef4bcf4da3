//! The keys that sign access tokens: made when they are first needed, published, rotated.

use async_trait::async_trait;
use kernel::{Error, Result, Timestamp};
use runtime::{
    retry::retry_conflicts,
    token::{Jwk, KeySource, SigningKey, jwk},
};

use super::Application;
use crate::{
    documents::INSTALLATION,
    domain::keys::{Key, KeyRing},
};

impl Application {
    /// The public keys that access tokens can be verified with: the one that signs, the one that is going to, and retired ones
    /// whose tokens may live.
    ///
    /// # Errors
    /// [`Error::Unavailable`](kernel::Error::Unavailable).
    pub async fn jwks(&self) -> Result<Vec<Jwk>> {
        let now = self.env.now();
        self.key_ring().await?.needed(now).map(|key| Ok(jwk(&private(key)?))).collect()
    }

    /// Makes a new key, which signs when every verifier knows it ([`NOTICE`](crate::domain::keys::NOTICE)); tokens of the one before live out. No program
    /// needs a restart. Where a new key waits already, that is the one. Returns its identifier and when it begins. For the
    /// operator.
    ///
    /// # Errors
    /// [`Error::Unavailable`](kernel::Error::Unavailable).
    pub async fn rotate_signing_key(&self) -> Result<(String, Timestamp)> {
        retry_conflicts(async || {
            let (now, mut ring) = (self.env.now(), self.key_ring().await?);
            if let Some(rotated) = ring.rotate(self.env.random_bytes(), now) {
                let mut transaction = self.store.company(INSTALLATION).transaction(&Self::service(INSTALLATION).actor, now);
                transaction.update(&ring, &rotated);
                transaction.commit().await?;
                ring = rotated;
            }
            let newest = ring.newest()?;
            let kid = jwk(&private(newest)?).kid;
            tracing::info!(kid, activated_at = %newest.activated_at, "a new key is going to sign access tokens");
            Ok((kid, newest.activated_at))
        })
        .await
    }

    /// The key that signs now.
    pub(super) async fn signing_key(&self) -> Result<SigningKey> {
        private(self.key_ring().await?.active(self.env.now())?)
    }

    /// The keys; at the first start they are made. It is read for each use, so that a rotation counts at once everywhere.
    async fn key_ring(&self) -> Result<KeyRing> {
        let installation = self.store.company(INSTALLATION);
        if let Some(ring) = installation.get(KeyRing::ID).await? {
            return Ok(ring);
        }
        let now = self.env.now();
        let first = KeyRing::new(self.env.random_bytes(), now);
        let mut transaction = installation.transaction(&Self::service(INSTALLATION).actor, now);
        transaction.insert(&first);
        match transaction.commit().await {
            Ok(()) => Ok(first),
            // Another program was first: its keys are the ones that everybody knows.
            Err(store::Error::Conflict { .. }) => {
                installation.get(KeyRing::ID).await?.ok_or_else(|| Error::Unavailable("the signing keys".into()))
            }
            Err(error) => Err(error.into()),
        }
    }
}

fn private(key: &Key) -> Result<SigningKey> {
    Ok(SigningKey::from_bytes(&key.seed()?))
}

/// For verifiers in the same process.
#[async_trait]
impl KeySource for Application {
    async fn keys(&self) -> Result<Vec<Jwk>> {
        self.jwks().await
    }
}
