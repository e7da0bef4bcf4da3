//! How often a wrong password may be tried for one address: a leaky bucket in memory.
//!
//! It counts for addresses without an account too, so that it tells nothing about which there are. Only failures count: who
//! knows the password may sign in as often as they like.

use std::time::Duration;

use kernel::{CompanyId, Error, Result, Timestamp};
use moka::{ops::compute::Op, sync::Cache};
use sha2::{Digest as _, Sha256};

/// How many failures are forgiven at once.
const BURST: u32 = 10;
/// In which time one more is.
const EACH: Duration = Duration::from_secs(6);
/// How many addresses are remembered.
const REMEMBERED: u64 = 100_000;

/// Counts failures by company and address.
#[derive(Clone)]
pub(crate) struct Throttle(Cache<Key, Timestamp>);

/// What failures are counted by: a digest, so that it has one length whatever was typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Key([u8; 32]);

impl Key {
    pub(crate) fn new(company: CompanyId, email: &str) -> Self {
        Self(Sha256::new().chain_update(company.uuid()).chain_update(email.trim().to_lowercase()).finalize().into())
    }
}

impl Throttle {
    pub(crate) fn new() -> Self {
        Self(Cache::builder().max_capacity(REMEMBERED).time_to_idle(EACH * BURST * 10).build())
    }

    /// Goes on only where another try is allowed.
    pub(crate) fn check(&self, key: Key, now: Timestamp) -> Result<()> {
        // The bucket is kept as the moment at which it is empty.
        let empty_at = self.0.get(&key).unwrap_or(now);
        let full_until = empty_at.minus(EACH * (BURST - 1));
        if full_until > now {
            return Err(Error::ResourceExhausted { retry_after: full_until.since(now) });
        }
        Ok(())
    }

    /// Notes a failure.
    pub(crate) fn failed(&self, key: Key, now: Timestamp) {
        self.0.entry(key).and_compute_with(|empty_at| {
            let from = empty_at.map_or(now, |entry| entry.into_value().max(now));
            Op::Put(from.plus(EACH))
        });
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn key(email: &str) -> Key {
        Key::new(CompanyId::from_uuid(Uuid::nil()), email)
    }

    #[test]
    fn after_ten_failures_one_try_is_allowed_every_six_seconds() {
        let (throttle, anna) = (Throttle::new(), key("anna@example.com"));
        let at = |seconds| Timestamp::EPOCH.plus(Duration::from_secs(seconds));
        for _ in 0..10 {
            throttle.check(anna, at(0)).unwrap();
            throttle.failed(anna, at(0));
        }
        let Err(Error::ResourceExhausted { retry_after }) = throttle.check(key(" Anna@Example.com"), at(0)) else { panic!("throttled") };
        assert_eq!(retry_after, EACH);
        throttle.check(key("ben@example.com"), at(0)).unwrap();

        throttle.check(anna, at(6)).unwrap();
        throttle.failed(anna, at(6));
        assert!(throttle.check(anna, at(11)).is_err());
        throttle.check(anna, at(12)).unwrap();
    }

    #[test]
    fn tries_at_once_are_paid_for_later() {
        let (throttle, anna) = (Throttle::new(), key("anna@example.com"));
        (0..70).for_each(|_| throttle.failed(anna, Timestamp::EPOCH));
        let Err(Error::ResourceExhausted { retry_after }) = throttle.check(anna, Timestamp::EPOCH) else { panic!("throttled") };
        assert_eq!(retry_after, EACH * 61);
    }
}
