//! How often a wrong password may be tried for one address: a leaky bucket.
//!
//! It counts for addresses without an account too, so that it tells nothing about which there are. Only failures count: who
//! knows the password may sign in as often as they like. It is kept in the store, so that an attacker gains nothing by the
//! number of replicas, nor by a restart.

use std::time::Duration;

use kernel::{Error, Result, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

/// How many failures are forgiven at once.
const BURST: u32 = 10;
/// In which time one more is.
const EACH: Duration = Duration::from_secs(6);

/// The failures for one address of a company.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Tries {
    /// A digest of the address as it was typed, so that what people mistype is not kept.
    pub(crate) id: Uuid,
    /// Rises by 1 with every failure; 0 where there was none.
    pub(crate) version: u64,
    /// The bucket, as the moment at which it is empty: then this is as good as forgotten.
    pub(crate) empty_at: Timestamp,
}

impl Tries {
    /// The identifier of what was tried for `email`.
    pub(crate) fn id(email: &str) -> Uuid {
        let hash = Sha256::digest(email.trim().to_lowercase());
        let mut bytes = [0; 16];
        bytes.iter_mut().zip(hash).for_each(|(byte, hashed)| *byte = hashed);
        uuid::Builder::from_custom_bytes(bytes).into_uuid()
    }

    /// No failure yet.
    pub(crate) fn none(id: Uuid) -> Self {
        Self { id, version: 0, empty_at: Timestamp::EPOCH }
    }

    /// Goes on only where another try is allowed.
    ///
    /// # Errors
    /// [`Error::ResourceExhausted`].
    pub(crate) fn check(&self, now: Timestamp) -> Result<()> {
        let full_until = self.empty_at.minus(EACH * (BURST - 1));
        if full_until > now {
            return Err(Error::ResourceExhausted { retry_after: full_until.since(now) });
        }
        Ok(())
    }

    /// The same after one more failure.
    pub(crate) fn failed(&self, now: Timestamp) -> Self {
        Self { version: self.version + 1, empty_at: self.empty_at.max(now).plus(EACH), ..*self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_micros(1_700_000_000_000_000).unwrap().plus(Duration::from_secs(seconds))
    }

    fn none() -> Tries {
        Tries::none(Tries::id("anna@example.com"))
    }

    #[test]
    fn after_ten_failures_one_try_is_allowed_every_six_seconds() {
        let mut tries = none();
        for _ in 0..10 {
            tries.check(at(0)).unwrap();
            tries = tries.failed(at(0));
        }
        let Err(Error::ResourceExhausted { retry_after }) = tries.check(at(0)) else { panic!("throttled") };
        assert_eq!(retry_after, EACH);

        tries.check(at(6)).unwrap();
        tries = tries.failed(at(6));
        assert!(tries.check(at(11)).is_err());
        tries.check(at(12)).unwrap();
    }

    #[test]
    fn tries_at_once_are_paid_for_later() {
        let tries = (0..70).fold(none(), |tries, _| tries.failed(at(0)));
        let Err(Error::ResourceExhausted { retry_after }) = tries.check(at(0)) else { panic!("throttled") };
        assert_eq!(retry_after, EACH * 61);
    }

    #[test]
    fn an_address_is_the_same_however_it_is_typed() {
        assert_eq!(Tries::id(" Anna@Example.com"), Tries::id("anna@example.com"));
        assert_ne!(Tries::id("ben@example.com"), Tries::id("anna@example.com"));
    }
}
