//! Hashing passwords and comparing with their hashes: slow on purpose, so it is done on threads of its own, few at a time.

use std::{num::NonZero, sync::Arc, thread, time::Duration};

use argon2::{
    Algorithm, Argon2, Params, PasswordHasher as _, PasswordVerifier as _, Version,
    password_hash::{self, phc::PasswordHash},
};
use kernel::{Env, Error, Result};
use tokio::{sync::Semaphore, task::spawn_blocking};

use crate::domain::{password::Password, secret::Secret};

/// What a hash costs (ASVS 11.4.2, OWASP Password Storage Cheat Sheet): argon2id, 19 MiB, twice, one lane.
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// How many callers may wait for each thread that hashes; further ones are told to come later. At some 20 ms a hash the last
/// of them waits for less than a second.
const WAITING_PER_SLOT: usize = 32;

/// Hashes passwords, as many at once as there are cores.
#[derive(Clone)]
pub struct Passwords(Arc<Parts>);

struct Parts {
    argon2: Argon2<'static>,
    /// A hash at the same cost that no password has: what a password is compared with where there is no account.
    dummy: Secret,
    slots: Arc<Semaphore>,
    queue: Arc<Semaphore>,
}

impl Passwords {
    /// At the cost that keeps passwords safe.
    ///
    /// # Errors
    /// [`Error::Internal`] where the library refuses that cost.
    pub fn new() -> Result<Self> {
        Self::with_cost(MEMORY_KIB, PASSES)
    }

    /// At another cost: `memory_kib` KiB of memory, gone through `passes` times. Tests make it cheap.
    ///
    /// # Errors
    /// [`Error::Internal`] where the library refuses that cost.
    pub fn with_cost(memory_kib: u32, passes: u32) -> Result<Self> {
        let params = Params::new(memory_kib, passes, LANES, None).map_err(|error| Error::internal(error.to_string()))?;
        // 16 bytes of salt and 32 bytes of hash, all zero: a preimage of that nobody has.
        let dummy = format!("$argon2id$v=19$m={memory_kib},t={passes},p={LANES}${}${}", "A".repeat(22), "A".repeat(43));
        let cores = thread::available_parallelism().map_or(1, NonZero::get);
        Ok(Self(Arc::new(Parts {
            argon2: Argon2::new(Algorithm::Argon2id, Version::V0x13, params),
            dummy: Secret::new(dummy),
            slots: Arc::new(Semaphore::new(cores)),
            queue: Arc::new(Semaphore::new(cores * (WAITING_PER_SLOT + 1))),
        })))
    }

    /// The hash of a password, as a PHC string with its parameters and a salt of its own.
    ///
    /// # Errors
    /// [`Error::ResourceExhausted`] where too many wait.
    pub async fn hash(&self, env: &Env, password: Password) -> Result<Secret> {
        let salt = env.random_bytes::<16>();
        self.work(move |argon2, _| {
            let hash: PasswordHash = argon2.hash_password_with_salt(password.expose().as_bytes(), &salt)?;
            Ok(Secret::new(hash.to_string()))
        })
        .await
    }

    /// Whether `password` is the one of `hash`. Without a hash it takes as long and is not (ASVS 6.3.8).
    ///
    /// # Errors
    /// [`Error::ResourceExhausted`] where too many wait; [`Error::Internal`] where `hash` is none.
    pub async fn verify(&self, password: Password, hash: Option<&Secret>) -> Result<bool> {
        let hash = hash.cloned();
        self.work(move |argon2, dummy| {
            let parsed = PasswordHash::new(hash.as_ref().unwrap_or(dummy).expose()).map_err(|_| password_hash::Error::EncodingInvalid)?;
            match argon2.verify_password(password.expose().as_bytes(), &parsed) {
                Ok(()) => Ok(true),
                Err(password_hash::Error::PasswordInvalid) => Ok(false),
                Err(error) => Err(error),
            }
        })
        .await
    }

    async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Argon2<'static>, &Secret) -> password_hash::Result<T> + Send + 'static,
    ) -> Result<T> {
        let too_many = || Error::ResourceExhausted { retry_after: Duration::from_secs(1) };
        let waiting = self.0.queue.clone().try_acquire_owned().map_err(|_| too_many())?;
        let slot = self.0.slots.clone().acquire_owned().await.map_err(Error::internal)?;
        let parts = self.0.clone();
        // The permits go with the work: a caller who gives up does not make room for another before it is done.
        let done = spawn_blocking(move || {
            let done = work(&parts.argon2, &parts.dummy);
            drop((slot, waiting));
            done
        });
        done.await.map_err(Error::internal)?.map_err(|error| Error::internal(error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cheap() -> Passwords {
        Passwords::with_cost(8, 1).unwrap()
    }

    #[tokio::test]
    async fn a_password_matches_its_own_hash_alone() {
        let passwords = cheap();
        let hash = passwords.hash(&Env::system(), Password::given("correct horse")).await.unwrap();
        assert!(hash.expose().starts_with("$argon2id$v=19$m=8,t=1,p=1$"));
        assert!(passwords.verify(Password::given("correct horse"), Some(&hash)).await.unwrap());
        assert!(!passwords.verify(Password::given("Correct horse"), Some(&hash)).await.unwrap());
        assert!(!passwords.verify(Password::given(""), Some(&hash)).await.unwrap());
        let again = passwords.hash(&Env::system(), Password::given("correct horse")).await.unwrap();
        assert_ne!(hash, again);
    }

    #[tokio::test]
    async fn without_a_hash_the_same_work_is_done_and_nothing_matches() {
        for passwords in [cheap(), Passwords::new().unwrap()] {
            assert!(!passwords.verify(Password::given(""), None).await.unwrap());
            let dummy = PasswordHash::new(passwords.0.dummy.expose()).unwrap();
            assert_eq!(Params::try_from(&dummy).unwrap().m_cost(), passwords.0.argon2.params().m_cost());
            assert_eq!(Params::try_from(&dummy).unwrap().t_cost(), passwords.0.argon2.params().t_cost());
        }
    }

    #[test]
    fn the_cost_is_what_owasp_advises() {
        let passwords = Passwords::new().unwrap();
        let params = passwords.0.argon2.params();
        assert_eq!((params.m_cost(), params.t_cost(), params.p_cost()), (19_456, 2, 1));
    }

    #[tokio::test]
    async fn a_hash_that_is_none_is_a_fault_of_ours() {
        let outcome = cheap().verify(Password::given("x"), Some(&Secret::new("plain".to_owned()))).await;
        assert!(matches!(outcome, Err(Error::Internal(_))));
    }

    #[tokio::test]
    async fn when_too_many_wait_the_next_is_told_to_come_later() {
        let passwords = cheap();
        let all = passwords.0.queue.available_permits();
        let _taken = passwords.0.queue.clone().acquire_many_owned(u32::try_from(all).unwrap()).await.unwrap();
        assert!(matches!(passwords.verify(Password::given("x"), None).await, Err(Error::ResourceExhausted { .. })));
    }
}
