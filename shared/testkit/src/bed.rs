//! What surrounds a service under test: a company, a clock that stands still, a store and a bus in memory, and an issuer
//! of access tokens whom the service trusts.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use events::InProcessBus;
use kernel::{
    AccountId, Actor, Clock as _, CompanyId, EmployeeId, Env, Envelope, EventId, Principal, Role, Timestamp, env::FixedClock, id::SessionId,
};
use runtime::{
    Dependencies, Service, Transport, Verifier,
    token::{Claims, Jwk, KeySource, SigningKey, issue, jwk},
};
use store::{Collection, Store, backend::Record};
use tokio::sync::mpsc;
use tonic::service::interceptor::InterceptedService;
use uuid::Uuid;

use crate::Bearer;

/// Who issues the tokens of tests.
pub const ISSUER: &str = "https://auth.test";
/// For whom the tokens of tests are.
pub const AUDIENCE: &str = "crm";

/// How long tokens are valid: longer than any test moves the clock.
const VALIDITY: i64 = 365 * 24 * 3_600;

/// The way to a service for one caller: what a generated client is made of.
pub type Channel = InterceptedService<Transport, Bearer>;

/// What surrounds a service under test.
pub struct Bed {
    /// The company of the callers.
    pub company: CompanyId,
    /// The clock; it stands still until a test moves it.
    pub clock: Arc<FixedClock>,
    /// That clock, and true randomness.
    pub env: Env,
    /// The service's store.
    pub store: Store,
    /// The bus.
    pub bus: Arc<InProcessBus>,
    began: Timestamp,
    key: SigningKey,
}

impl Bed {
    /// A new store with one company, at the time `at`.
    ///
    /// # Panics
    /// Where there can't be a store or a bus.
    pub async fn new(collections: &[&'static Collection], at: Timestamp) -> Self {
        let bed = Self::on(Store::sqlite_in_memory(collections).await.unwrap(), at);
        bed.store.add_company(bed.company).await.unwrap();
        bed
    }

    /// The given store as it is, at the time `at`.
    ///
    /// # Panics
    /// Where there can't be a bus.
    #[must_use]
    pub fn on(store: Store, at: Timestamp) -> Self {
        let clock = Arc::new(FixedClock::new(at));
        let env = Env::system().with_clock(clock.clone());
        let bus = Arc::new(InProcessBus::in_memory(env.clone()).unwrap());
        let key = SigningKey::from_bytes(&env.random_bytes());
        Self { company: env.new_id(), clock, env, store, bus, began: at, key }
    }

    /// What a service is built with.
    #[must_use]
    pub fn dependencies(&self) -> Dependencies {
        Dependencies { store: self.store.clone(), bus: self.bus.clone(), env: self.env.clone() }
    }

    /// Moves the clock on, and tells the time that it shows now.
    pub fn pass(&self, time: Duration) -> Timestamp {
        let now = self.clock.now().plus(time);
        self.clock.set(now);
        now
    }

    /// The way to `service`, which trusts the tokens of this bed.
    #[must_use]
    pub fn transport(&self, service: &Service) -> Transport {
        let keys = Arc::new(Keys(jwk(&self.key)));
        service.transport(&Arc::new(Verifier::new(ISSUER, AUDIENCE, keys, self.env.clone())))
    }

    /// Somebody of the company, always with the same account.
    #[must_use]
    pub fn person(&self, role: Role, employee: Option<EmployeeId>) -> Principal {
        let account = AccountId::from_uuid(Uuid::from_u128(500));
        Principal { company: self.company, actor: Actor::Account { account, employee }, role }
    }

    /// The way of `caller` over `transport`.
    #[must_use]
    pub fn signed_in(&self, transport: &Transport, caller: &Principal) -> Channel {
        InterceptedService::new(transport.clone(), Bearer::new(&self.token(caller)))
    }

    /// An access token of `caller`, valid for a year from where the clock began.
    ///
    /// # Panics
    /// Where the caller is no person.
    #[must_use]
    pub fn token(&self, caller: &Principal) -> String {
        let began = self.began.as_micros() / 1_000_000;
        let claims = Claims {
            iss: ISSUER.to_owned(),
            aud: AUDIENCE.to_owned(),
            sub: caller.account().expect("a person"),
            sid: SessionId::from_uuid(Uuid::from_u128(600)),
            company: caller.company,
            employee: caller.employee(),
            role: caller.role,
            iat: began,
            nbf: began,
            exp: began + VALIDITY,
            // The same for all: a caller's token is the same each time, and verified once.
            jti: Uuid::from_u128(700),
        };
        issue(&claims, &self.key)
    }

    /// An event of the service `source` about `subject`, as it is on the bus.
    #[must_use]
    pub fn event<M: prost::Name>(&self, source: &'static str, subject: Uuid, version: u64, message: &M) -> Envelope {
        events::envelope(&self.env, &Principal::service(self.company, source), source, subject, version, message)
    }

    /// What waits in the outbox, the oldest first.
    ///
    /// # Panics
    /// Where the store does not tell.
    pub async fn published(&self) -> Vec<Envelope> {
        self.store.outbox().pending(10_000).await.unwrap()
    }

    /// Marks everything as sent that waits in the outbox, as if the bus had taken it.
    ///
    /// # Panics
    /// Where the store does not take it.
    pub async fn sent(&self) {
        let events: Vec<EventId> = self.published().await.iter().map(|event| event.id).collect();
        self.store.outbox().mark_sent(&events).await.unwrap();
    }

    /// All that the store holds, as text: documents, history, sent events too. For looking whether something is in it.
    ///
    /// # Panics
    /// Where the store does not tell.
    pub async fn everything(&self) -> String {
        let (sender, mut records) = mpsc::channel(100);
        let mut text = String::new();
        let reading = async {
            while let Some(record) = records.recv().await {
                text.push_str(&serde_json::to_string(&record).unwrap());
                if let Record::Event { envelope, .. } = record {
                    text.push_str(&String::from_utf8_lossy(&envelope.data));
                }
                text.push('\n');
            }
        };
        tokio::join!(self.store.export(sender), reading).0.unwrap();
        text
    }
}

/// The way over `transport` of somebody who has no token.
#[must_use]
pub fn signed_out(transport: &Transport) -> Channel {
    InterceptedService::new(transport.clone(), Bearer::nobody())
}

/// The keys of a bed's issuer.
struct Keys(Jwk);

#[async_trait]
impl KeySource for Keys {
    async fn keys(&self) -> kernel::Result<Vec<Jwk>> {
        Ok(vec![self.0.clone()])
    }
}
