//! The service on a store of its own, with callers of every role.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use contracts::{
    crm::employee::v1::{
        CreateEmployeeRequest, Employee, GetEmployeeRequest, UpdateEmployeeRequest, employee_service_client::EmployeeServiceClient,
    },
    error::from_status,
};
use employee::{Application, COLLECTIONS, Settings};
use events::{Handler, InProcessBus};
use kernel::{AccountId, Clock, CompanyId, EmployeeId, Env, Envelope, Error, Role, Timestamp, env::FixedClock, id::SessionId};
use prost_types::FieldMask;
use runtime::{
    Dependencies, Service, Transport, Verifier,
    settings::COMMON,
    token::{Claims, Jwk, KeySource, SigningKey, issue, jwk},
};
use store::Store;
use tonic::{
    Request, Response, Status,
    metadata::{Ascii, MetadataValue},
    service::{Interceptor, interceptor::InterceptedService},
};

const ISSUER: &str = "https://auth.test";
const AUDIENCE: &str = "crm";

/// A client that calls in somebody's name.
pub(crate) type Client = EmployeeServiceClient<InterceptedService<Transport, Bearer>>;

/// The service and what surrounds it.
pub(crate) struct World {
    pub(crate) company: CompanyId,
    pub(crate) store: Store,
    pub(crate) bus: Arc<InProcessBus>,
    pub(crate) env: Env,
    pub(crate) clock: Arc<FixedClock>,
    pub(crate) application: Application,
    pub(crate) service: Service,
    transport: Transport,
    key: SigningKey,
}

struct Keys(Jwk);

#[async_trait]
impl KeySource for Keys {
    async fn keys(&self) -> kernel::Result<Vec<Jwk>> {
        Ok(vec![self.0.clone()])
    }
}

/// Puts the access token of its caller on each call.
#[derive(Clone)]
pub(crate) struct Bearer(Option<MetadataValue<Ascii>>);

impl Interceptor for Bearer {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        if let Some(value) = &self.0 {
            request.metadata_mut().insert("authorization", value.clone());
        }
        Ok(request)
    }
}

impl World {
    pub(crate) async fn new() -> Self {
        let clock = Arc::new(FixedClock::new(Timestamp::parse("now", "2026-03-02T08:00:00Z").unwrap()));
        let env = Env::system().with_clock(clock.clone());
        let store = Store::sqlite_in_memory(COLLECTIONS).await.unwrap();
        let company = env.new_id();
        store.add_company(company).await.unwrap();
        let bus = Arc::new(InProcessBus::in_memory(env.clone()).unwrap());
        let settings: Settings = runtime::settings::Settings::new("EMPLOYEE", &[("", COMMON), ("", employee::SETTINGS)], [])
            .and_then(|settings| settings.extract())
            .unwrap();
        let dependencies = Dependencies { store: store.clone(), bus: bus.clone(), env: env.clone() };
        let (application, service) = employee::build(settings, dependencies).unwrap();
        let key = SigningKey::from_bytes(&env.random_bytes());
        let verifier = Arc::new(Verifier::new(ISSUER, AUDIENCE, Arc::new(Keys(jwk(&key))), env.clone()));
        let transport = service.transport(&verifier);
        Self { company, store, bus, env, clock, application, service, transport, key }
    }

    /// Calls without a token.
    pub(crate) fn nobody(&self) -> Client {
        self.client(Bearer(None))
    }

    pub(crate) fn admin(&self) -> Client {
        self.person(self.company, Role::Admin, None)
    }

    pub(crate) fn manager(&self) -> Client {
        self.person(self.company, Role::Manager, None)
    }

    /// Calls as the cleaner who is that employee.
    pub(crate) fn cleaner(&self, employee: &Employee) -> Client {
        self.person(self.company, Role::Employee, Some(employee.id.parse().unwrap()))
    }

    /// Calls as the manager of another company.
    pub(crate) fn stranger(&self) -> Client {
        self.person(self.env.new_id(), Role::Manager, None)
    }

    fn person(&self, company: CompanyId, role: Role, employee: Option<EmployeeId>) -> Client {
        let now = self.env.now().as_micros() / 1_000_000;
        let claims = Claims {
            iss: ISSUER.into(),
            aud: AUDIENCE.into(),
            sub: self.env.new_id::<kernel::id::kind::Account>() as AccountId,
            sid: self.env.new_id() as SessionId,
            company,
            employee,
            role,
            iat: now,
            nbf: now,
            exp: now + 600,
            jti: self.env.random_uuid(),
        };
        self.client(Bearer(Some(format!("Bearer {}", issue(&claims, &self.key)).parse().unwrap())))
    }

    fn client(&self, bearer: Bearer) -> Client {
        EmployeeServiceClient::with_interceptor(self.transport.clone(), bearer).max_encoding_message_size(64 << 20)
    }

    /// The reaction to what the auth service tells.
    pub(crate) fn accounts(&self) -> Arc<dyn Handler> {
        self.service.consumers[0].1.clone()
    }

    /// An employee, made by a manager.
    pub(crate) async fn hire(&self, first: &str, last: &str, email: &str) -> Employee {
        created(&mut self.manager(), hire(first, last, email)).await
    }

    pub(crate) async fn get(&self, id: &str) -> Employee {
        let answer = self.manager().get_employee(GetEmployeeRequest { id: id.to_owned() }).await;
        answer.unwrap().into_inner().employee.unwrap()
    }

    /// What waits to be published: the kinds, and the versions of the employees.
    pub(crate) async fn published(&self) -> Vec<(String, u64)> {
        let kind = |event: &Envelope| event.kind.trim_start_matches("crm.employee.v1.").to_owned();
        self.store.outbox().pending(1_000).await.unwrap().iter().map(|event| (kind(event), event.version)).collect()
    }

    pub(crate) fn later(&self, time: Duration) {
        self.clock.set(self.clock.now().plus(time));
    }
}

/// What creates an ordinary employee.
pub(crate) fn hire(first: &str, last: &str, email: &str) -> CreateEmployeeRequest {
    CreateEmployeeRequest {
        first_name: first.into(),
        last_name: last.into(),
        phone: "+37120012345".into(),
        email: email.into(),
        ..CreateEmployeeRequest::default()
    }
}

pub(crate) async fn created(client: &mut Client, request: CreateEmployeeRequest) -> Employee {
    client.create_employee(request).await.unwrap().into_inner().employee.unwrap()
}

/// What changes the fields of the mask to those of `employee`.
pub(crate) fn update(employee: Employee, mask: &[&str]) -> UpdateEmployeeRequest {
    let paths = mask.iter().map(|path| (*path).to_owned()).collect();
    UpdateEmployeeRequest { employee: Some(employee), update_mask: Some(FieldMask { paths }) }
}

pub(crate) async fn updated(client: &mut Client, employee: Employee, mask: &[&str]) -> Employee {
    client.update_employee(update(employee, mask)).await.unwrap().into_inner().employee.unwrap()
}

/// The error that a call ended with.
pub(crate) fn error<T>(outcome: Result<Response<T>, Status>) -> Error {
    match outcome {
        Ok(_) => panic!("the call was done"),
        Err(status) => from_status(&status),
    }
}

/// The fields and codes of invalid input.
pub(crate) fn violations(error: Error) -> Vec<(String, String)> {
    match error {
        Error::Invalid(violations) => violations.into_iter().map(|v| (v.field, v.code.into_owned())).collect(),
        other => panic!("{other:?}"),
    }
}
