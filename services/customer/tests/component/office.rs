//! A customer service to test, those who call it, and short ways to say things.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use contracts::{
    crm::{
        api::v1::Address,
        customer::v1::{self, customer_service_client::CustomerServiceClient},
    },
    error::from_status,
};
use customer::{Application, COLLECTIONS, Settings};
use events::{Handler, InProcessBus};
use kernel::{AccountId, CompanyId, Env, Envelope, Error, Principal, Role, Timestamp, env::FixedClock};
use runtime::{
    Dependencies, Service, Transport, Verifier,
    token::{Claims, Jwk, KeySource, SigningKey, issue, jwk},
};
use store::Store;
use tonic::{Request, Response, Status, service::interceptor::InterceptedService};
use uuid::Uuid;

const ISSUER: &str = "https://auth.test";
const AUDIENCE: &str = "crm";
/// 2026-03-01T09:00:00Z, where the clock begins.
const BEGIN: i64 = 1_772_355_600_000_000;

pub(crate) type Client = CustomerServiceClient<InterceptedService<Transport, Bearer>>;

/// The service, alone in its world: nothing runs in the background.
pub(crate) struct Office {
    pub(crate) application: Application,
    pub(crate) store: Store,
    pub(crate) bus: Arc<InProcessBus>,
    pub(crate) env: Env,
    /// The reaction to the events of orders.
    pub(crate) orders: Arc<dyn Handler>,
    pub(crate) company: CompanyId,
    pub(crate) service: Service,
    transport: Transport,
    clock: Arc<FixedClock>,
    minutes: AtomicU64,
}

impl Office {
    pub(crate) async fn open() -> Self {
        let clock = Arc::new(FixedClock::new(Timestamp::from_micros(BEGIN).unwrap()));
        let env = Env::system().with_clock(clock.clone());
        let store = Store::sqlite_in_memory(COLLECTIONS).await.unwrap();
        // Deliveries are timed by the clock of the world.
        let bus = Arc::new(InProcessBus::in_memory(Env::system()).unwrap());
        let dependencies = Dependencies { store: store.clone(), bus: bus.clone(), env: env.clone() };
        let (application, service) = customer::build(Settings::default(), dependencies).unwrap();
        let orders = service.consumers[0].1.clone();
        let verifier = Arc::new(Verifier::new(ISSUER, AUDIENCE, Arc::new(Keys), env.clone()));
        let transport = service.transport(&verifier);
        let company = env.new_id();
        store.add_company(company).await.unwrap();
        Self { application, store, bus, env, orders, company, service, transport, clock, minutes: AtomicU64::new(0) }
    }

    /// Callers with this role.
    pub(crate) fn client(&self, role: Role) -> Client {
        self.client_of(self.company, role)
    }

    pub(crate) fn manager(&self) -> Client {
        self.client(Role::Manager)
    }

    pub(crate) fn admin(&self) -> Client {
        self.client(Role::Admin)
    }

    pub(crate) fn client_of(&self, company: CompanyId, role: Role) -> Client {
        CustomerServiceClient::with_interceptor(self.transport.clone(), Bearer(Some(token(company, role))))
    }

    /// Callers who are not signed in.
    pub(crate) fn stranger(&self) -> Client {
        CustomerServiceClient::with_interceptor(self.transport.clone(), Bearer(None))
    }

    /// A manager who calls the use cases without the network, as demo data does.
    pub(crate) fn principal(&self) -> Principal {
        Principal { company: self.company, actor: actor(), role: Role::Manager }
    }

    /// Lets a minute pass, and tells the time.
    pub(crate) fn later(&self) -> Timestamp {
        let minutes = self.minutes.fetch_add(1, Ordering::SeqCst) + 1;
        let now = Timestamp::from_micros(BEGIN).unwrap().plus(Duration::from_secs(60 * minutes));
        self.clock.set(now);
        now
    }

    /// What was published so far.
    pub(crate) async fn events(&self) -> Vec<Envelope> {
        self.store.outbox().pending(10_000).await.unwrap()
    }

    /// A customer of this name with one place.
    pub(crate) async fn customer(&self, name: &str) -> v1::Customer {
        self.created(person(name)).await
    }

    pub(crate) async fn created(&self, request: v1::CreateCustomerRequest) -> v1::Customer {
        self.manager().create_customer(request).await.unwrap().into_inner().customer.unwrap()
    }

    pub(crate) async fn archived(&self, name: &str) -> v1::Customer {
        let customer = self.customer(name).await;
        let request = v1::ArchiveCustomerRequest { id: customer.id, version: customer.version };
        self.manager().archive_customer(request).await.unwrap().into_inner().customer.unwrap()
    }

    pub(crate) async fn read(&self, id: &str) -> v1::Customer {
        self.manager().get_customer(v1::GetCustomerRequest { id: id.to_owned() }).await.unwrap().into_inner().customer.unwrap()
    }
}

/// Who all tests' callers are.
pub(crate) fn actor() -> kernel::Actor {
    kernel::Actor::Account { account: AccountId::from_uuid(Uuid::from_u128(1)), employee: None }
}

/// Adds the token to each call.
#[derive(Clone)]
pub(crate) struct Bearer(Option<String>);

impl tonic::service::Interceptor for Bearer {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        if let Some(token) = &self.0 {
            request.metadata_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
        }
        Ok(request)
    }
}

struct Keys;

#[async_trait]
impl KeySource for Keys {
    async fn keys(&self) -> kernel::Result<Vec<Jwk>> {
        Ok(vec![jwk(&key())])
    }
}

fn key() -> SigningKey {
    SigningKey::from_bytes(&[7; 32])
}

fn token(company: CompanyId, role: Role) -> String {
    let begin = BEGIN / 1_000_000;
    let claims = Claims {
        iss: ISSUER.into(),
        aud: AUDIENCE.into(),
        sub: AccountId::from_uuid(Uuid::from_u128(1)),
        sid: kernel::id::SessionId::from_uuid(Uuid::from_u128(2)),
        company,
        employee: None,
        role,
        iat: begin,
        nbf: begin,
        exp: begin + 365 * 24 * 3_600,
        jti: Uuid::from_u128(3),
    };
    issue(&claims, &key())
}

pub(crate) fn person(name: &str) -> v1::CreateCustomerRequest {
    v1::CreateCustomerRequest {
        r#type: v1::CustomerType::Person.into(),
        name: name.into(),
        phone: "+37120000001".into(),
        properties: vec![property("Brīvības iela 1")],
        ..v1::CreateCustomerRequest::default()
    }
}

pub(crate) fn organisation(name: &str) -> v1::CreateCustomerRequest {
    v1::CreateCustomerRequest { r#type: v1::CustomerType::Organisation.into(), registration_number: "40003000000".into(), ..person(name) }
}

pub(crate) fn property(street: &str) -> v1::Property {
    let address = Address { street: street.into(), city: "Rīga".into(), postal_code: "LV-1010".into(), country_code: "LV".into() };
    v1::Property { address: Some(address), ..v1::Property::default() }
}

/// What a call came to, in a line: `invalid: name TOO_LONG`, `ok`.
pub(crate) fn seen<T: fmt::Debug>(outcome: Result<Response<T>, Status>) -> String {
    match outcome {
        Ok(_) => "ok".to_owned(),
        Err(status) => told(&from_status(&status)),
    }
}

pub(crate) fn told(error: &Error) -> String {
    match error {
        Error::Invalid(found) => {
            let found: Vec<String> = found.iter().map(|v| format!("{} {}", v.field, v.code)).collect();
            format!("invalid: {}", found.join(", "))
        }
        Error::NotFound { resource, field, .. } => format!("not found: {resource} {field}"),
        Error::Conflict { resource, current_version, .. } => format!("conflict: {resource} {current_version}"),
        Error::FailedPrecondition { reason, field, .. } => format!("refused: {field} {reason}"),
        Error::PermissionDenied(_) => "denied".to_owned(),
        Error::Unauthenticated { .. } => "not signed in".to_owned(),
        other => format!("{other:?}"),
    }
}
