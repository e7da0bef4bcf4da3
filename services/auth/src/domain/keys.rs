//! The keys that sign access tokens.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use kernel::{Error, Result, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::secret::Secret;

/// How long an access token lives (ASVS 9.2.1: short, since it is not asked for again at each use).
pub const ACCESS_TOKEN_LIFE: Duration = Duration::from_secs(300);

/// How far the clocks of the hosts that sign and that answer for keys may be apart.
const CLOCKS_APART: Duration = Duration::from_secs(60);

/// How long a new key is published before it signs: until then every verifier has asked for the keys again (they do so every
/// five minutes), so that no token is refused because its key is not known yet.
pub const NOTICE: Duration = Duration::from_secs(600);

/// All signing keys of the installation: one document, so that of two programs that start or rotate at once one is first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KeyRing {
    /// Always the same; there is one.
    pub id: Uuid,
    /// Rises by 1 with every change.
    pub version: u64,
    /// The oldest first. Each retires when the next one begins to sign.
    keys: Vec<Key>,
}

/// An Ed25519 key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Key {
    /// The 32 bytes that make the key, in base64.
    seed: Secret,
    /// From when on it signs.
    pub activated_at: Timestamp,
    /// From when on it does not sign any more.
    pub retired_at: Option<Timestamp>,
}

impl Key {
    fn new(seed: [u8; 32], activated_at: Timestamp) -> Self {
        Self { seed: Secret::new(STANDARD.encode(seed)), activated_at, retired_at: None }
    }

    /// The bytes that make the key.
    ///
    /// # Errors
    /// [`Error::Internal`] where what was stored is no key.
    pub fn seed(&self) -> Result<[u8; 32]> {
        let bytes = STANDARD.decode(self.seed.expose()).ok().and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
        bytes.ok_or_else(|| Error::internal("the seed of a signing key is not 32 bytes in base64"))
    }

    /// Whether tokens that it signed may live, so that others must be able to verify them.
    #[must_use]
    pub fn is_needed(&self, now: Timestamp) -> bool {
        self.retired_at.is_none_or(|at| now < at.plus(ACCESS_TOKEN_LIFE + CLOCKS_APART))
    }
}

impl KeyRing {
    /// The identifier of the one ring.
    pub const ID: Uuid = Uuid::nil();

    /// A ring with a first key.
    #[must_use]
    pub fn new(seed: [u8; 32], now: Timestamp) -> Self {
        Self { id: Self::ID, version: 1, keys: vec![Key::new(seed, now)] }
    }

    /// A new key signs when the [`NOTICE`] is over; those whose tokens have all expired are forgotten. `None` where a new key
    /// waits already.
    #[must_use]
    pub fn rotate(&self, seed: [u8; 32], now: Timestamp) -> Option<Self> {
        let mut keys: Vec<Key> = self.keys.iter().filter(|key| key.is_needed(now)).cloned().collect();
        let present = keys.last_mut()?;
        if present.activated_at > now {
            return None;
        }
        let activated_at = now.plus(NOTICE);
        present.retired_at = Some(activated_at);
        keys.push(Key::new(seed, activated_at));
        Some(Self { version: self.version + 1, keys, ..*self })
    }

    /// The key that signs now.
    ///
    /// # Errors
    /// [`Error::Internal`] where what was stored has none.
    pub fn active(&self, now: Timestamp) -> Result<&Key> {
        // Where this host's clock is behind the one that made the first key, that signs all the same.
        let active = self.keys.iter().rfind(|key| key.activated_at <= now).or(self.keys.first());
        active.ok_or_else(|| Error::internal("the key ring is empty"))
    }

    /// The key that signs now, or will when it is its turn.
    ///
    /// # Errors
    /// As [`active`](Self::active).
    pub fn newest(&self) -> Result<&Key> {
        self.keys.last().ok_or_else(|| Error::internal("the key ring is empty"))
    }

    /// The keys that others must be able to verify with.
    pub fn needed(&self, now: Timestamp) -> impl Iterator<Item = &Key> {
        self.keys.iter().filter(move |key| key.is_needed(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::EPOCH.plus(Duration::from_secs(seconds))
    }

    fn seeds<'a>(keys: impl Iterator<Item = &'a Key>) -> Vec<u8> {
        keys.map(|key| key.seed().unwrap()[0]).collect()
    }

    #[test]
    fn a_new_key_is_known_before_it_signs_and_the_old_one_until_its_tokens_have_expired() {
        let first = KeyRing::new([1; 32], at(0));
        let ring = first.rotate([2; 32], at(1_000)).unwrap();
        assert_eq!(seeds(ring.needed(at(1_000))), [1, 2]);
        assert_eq!(seeds(ring.active(at(1_599)).into_iter()), [1]);
        assert_eq!(seeds(ring.active(at(1_600)).into_iter()), [2]);
        assert_eq!(seeds(ring.needed(at(1_600 + 359))), [1, 2]);
        assert_eq!(seeds(ring.needed(at(1_600 + 360))), [2]);
        let third = ring.rotate([3; 32], at(3_000)).unwrap();
        assert_eq!((seeds(third.keys.iter()), third.version), (vec![2, 3], 3));
    }

    #[test]
    fn a_key_is_not_replaced_before_it_signs() {
        let ring = KeyRing::new([1; 32], at(0)).rotate([2; 32], at(1_000)).unwrap();
        assert_eq!(ring.rotate([3; 32], at(1_599)), None);
        assert!(ring.rotate([3; 32], at(1_600)).is_some());
    }

    #[test]
    fn a_seed_does_not_show_itself() {
        let ring = KeyRing::new([1; 32], at(0));
        assert!(!format!("{ring:?}").contains(&STANDARD.encode([1; 32])));
    }
}
