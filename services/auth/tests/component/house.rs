//! The service under test, and the people who call it.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use auth::{
    Application, COLLECTIONS, Passwords, Settings,
    domain::{account::Account, password::Password},
    settings::{Company, Issuer},
};
use contracts::crm::auth::v1::{self, auth_service_client::AuthServiceClient};
use events::{Bus, InProcessBus};
use kernel::{
    AccountId, Clock as _, CompanyId, EmailAddress, EmployeeId, Env, Envelope, Error, Principal, Result, Role, Timestamp, env::FixedClock,
};
use runtime::{Dependencies, Tasks, Transport, Verifier};
use store::Store;
use tonic::{Request, Status};

/// What everybody's password is.
pub const PASSWORD: &str = "kvieši un rudzi";

/// How long is waited for something that must happen.
const DEADLINE: Duration = Duration::from_secs(10);

/// The service under test.
pub struct House {
    pub clock: Arc<FixedClock>,
    pub env: Env,
    pub store: Store,
    pub bus: Arc<InProcessBus>,
    pub application: Application,
    pub company: CompanyId,
    pub verifier: Arc<Verifier>,
    pub client: AuthServiceClient<Transport>,
    passwords: Passwords,
    /// Its tasks go with the runtime of the test.
    _tasks: Tasks,
}

/// Somebody who has signed in.
#[derive(Debug, Clone)]
pub struct Person {
    pub id: AccountId,
    pub email: String,
    pub access: String,
    pub refresh: String,
}

impl House {
    /// The service at work, but for the relay: what it publishes stays in the outbox, where tests look at it.
    pub async fn new() -> Self {
        let clock = Arc::new(FixedClock::new(Timestamp::parse("start", "2026-03-02T09:30:00Z").unwrap()));
        let env = Env::system().with_clock(clock.clone());
        let store = Store::sqlite_in_memory(COLLECTIONS).await.unwrap();
        let bus = Arc::new(InProcessBus::in_memory(env.clone()).unwrap());
        let passwords = Passwords::with_cost(8, 1).unwrap();
        let application = Application::new(store.clone(), env.clone(), settings()).unwrap().with_passwords(passwords.clone());
        let company = application.ensure_company().await.unwrap();

        let shared: Arc<dyn Bus> = bus.clone();
        let mut service = auth::serve(&application, Dependencies { store: store.clone(), bus: shared.clone(), env: env.clone() });
        service.bind(&shared).await.unwrap();
        let verifier = Arc::new(Verifier::new("https://auth.test", "crm", Arc::new(application.clone()), env.clone()));
        let client = AuthServiceClient::new(service.transport(&verifier));
        let tasks = Tasks::new();
        for (name, task) in service.tasks.into_iter().filter(|(name, _)| *name == "auth.employees") {
            tasks.spawn(name, task);
        }
        Self { clock, env, store, bus, application, company, verifier, client, passwords, _tasks: tasks }
    }

    /// The same use cases on another store.
    pub fn on(&self, store: Store) -> Application {
        Application::new(store, self.env.clone(), settings()).unwrap()
    }

    /// Moves the clock on.
    pub fn pass(&self, time: Duration) {
        self.clock.set(self.clock.now().plus(time));
    }

    /// An operator's or a background task's identity.
    pub fn service(&self) -> Principal {
        Principal::service(self.company, "test")
    }

    /// The first admin, signed in.
    pub async fn admin(&self) -> Person {
        let invitation = self.application.create_first_admin(self.company, "admin@example.com", "Agnese Kalna").await.unwrap();
        self.accept(invitation.token.expose()).await.unwrap()
    }

    /// Somebody with a role, signed in. `number` tells people apart; cleaners have an employee.
    pub async fn person(&self, number: u128, role: Role) -> Person {
        let account = self.account(number, role, true).await;
        self.sign_in(account.email.as_str(), PASSWORD).await.unwrap()
    }

    /// An account that is there without events, with or without a password.
    pub async fn account(&self, number: u128, role: Role, with_password: bool) -> Account {
        assert_ne!(role, Role::Admin, "admins are made by the use cases");
        let id = AccountId::from_uuid(uuid::Uuid::from_u128(number));
        let employee = (role == Role::Employee).then(|| EmployeeId::from_uuid(uuid::Uuid::from_u128(1_000 + number)));
        let email = EmailAddress::parse("email", &format!("person{number}@example.com")).unwrap();
        let mut account = Account::create(id, email, format!("Person {number}"), role, employee, self.env.now()).account;
        if with_password {
            let hash = self.passwords.hash(&self.env, Password::given(PASSWORD)).await.unwrap();
            account = account.accept_invitation(hash, self.env.now()).account;
        }
        let mut transaction = self.store.company(self.company).transaction(&self.service().actor, self.env.now());
        transaction.insert(&account);
        transaction.commit().await.unwrap();
        account
    }

    /// A second admin, signed in.
    pub async fn another_admin(&self, number: u128, admin: &Person) -> Person {
        let account = self.account(number, Role::Manager, true).await;
        let request = v1::ChangeRoleRequest { account_id: account.id.to_string(), role: 3, version: account.version };
        self.client.clone().change_role(with(&admin.access, request)).await.unwrap();
        self.sign_in(account.email.as_str(), PASSWORD).await.unwrap()
    }

    pub async fn sign_in(&self, email: &str, password: &str) -> Result<Person> {
        let request = v1::SignInRequest { email: email.to_owned(), password: password.to_owned(), company_id: String::new() };
        let answer = self.client.clone().sign_in(request).await.map_err(error)?;
        Ok(person(answer.into_inner().session))
    }

    pub async fn refresh(&self, token: &str) -> Result<Person> {
        let request = v1::RefreshSessionRequest { refresh_token: token.to_owned() };
        let answer = self.client.clone().refresh_session(request).await.map_err(error)?;
        Ok(person(answer.into_inner().session))
    }

    pub async fn accept(&self, token: &str) -> Result<Person> {
        let request = v1::AcceptInvitationRequest { token: token.to_owned(), password: PASSWORD.to_owned() };
        let answer = self.client.clone().accept_invitation(request).await.map_err(error)?;
        Ok(person(answer.into_inner().session))
    }

    pub async fn invite(&self, by: &Person, account: AccountId) -> Result<v1::CreateInvitationResponse> {
        let request = v1::CreateInvitationRequest { account_id: account.to_string() };
        Ok(self.client.clone().create_invitation(with(&by.access, request)).await.map_err(error)?.into_inner())
    }

    pub async fn disable(&self, by: &Person, account: AccountId) -> Result<v1::Account> {
        let request = v1::DisableAccountRequest { account_id: account.to_string(), version: self.stored(account).await.version };
        let answer = self.client.clone().disable_account(with(&by.access, request)).await.map_err(error)?;
        Ok(answer.into_inner().account.unwrap())
    }

    /// An account as it is in the store.
    pub async fn stored(&self, account: AccountId) -> Account {
        self.store.company(self.company).get(account.uuid()).await.unwrap().unwrap()
    }

    /// What was published so far, without the packages of the names.
    pub async fn published(&self) -> Vec<(String, Envelope)> {
        let events = self.store.outbox().pending(1_000).await.unwrap();
        events.into_iter().map(|event| (event.kind.rsplit('.').next().unwrap().to_owned(), event)).collect()
    }

    /// The kinds of events that were published while `work` was done.
    pub async fn published_by<T>(&self, work: impl Future<Output = T>) -> (T, Vec<String>) {
        let before = self.published().await.len();
        let done = work.await;
        (done, self.published().await.into_iter().skip(before).map(|(kind, _)| kind).collect())
    }
}

fn settings() -> Settings {
    let auth = Issuer { issuer: "https://auth.test".to_owned(), audience: "crm".to_owned() };
    Settings { auth, company: Company::default() }
}

fn person(session: Option<v1::Session>) -> Person {
    let session = session.unwrap();
    let account = session.account.unwrap();
    Person { id: account.id.parse().unwrap(), email: account.email, access: session.access_token, refresh: session.refresh_token }
}

/// A request with an access token.
pub fn with<T>(token: &str, message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.metadata_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
    request
}

/// The error that a status tells of.
pub fn error(status: Status) -> Error {
    contracts::error::from_status(&status)
}

/// The stable part of an error: its reason, or each field with its code.
pub fn code<T: std::fmt::Debug>(outcome: Result<T>) -> String {
    match outcome.unwrap_err() {
        Error::Unauthenticated { reason, .. } | Error::FailedPrecondition { reason, .. } => reason.to_string(),
        Error::Invalid(violations) => violations.iter().map(|v| format!("{} {}", v.field, v.code)).collect::<Vec<_>>().join(", "),
        Error::PermissionDenied(_) => "PERMISSION_DENIED".to_owned(),
        Error::NotFound { .. } => "NOT_FOUND".to_owned(),
        Error::Conflict { .. } => "CONFLICT".to_owned(),
        other => panic!("{other:?}"),
    }
}

/// Waits until `condition` holds.
pub async fn eventually<T>(what: &str, mut condition: impl AsyncFnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = condition().await {
            return found;
        }
        assert!(began.elapsed() < DEADLINE, "{what} did not happen");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
