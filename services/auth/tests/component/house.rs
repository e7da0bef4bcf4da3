//! The service under test, and the people who call it.

use std::sync::Arc;

use auth::{
    Application, COLLECTIONS, Passwords, Settings,
    domain::{account::Account, password::Password},
    settings::{Company, Issuer},
};
use contracts::crm::auth::v1::{self, auth_service_client::AuthServiceClient};
use events::Bus;
use kernel::{AccountId, EmailAddress, EmployeeId, Envelope, Error, Principal, Result, Role, Timestamp};
use runtime::{Tasks, Transport, Verifier};
use store::Store;
use testkit::{
    Bearer, Bed,
    bed::{AUDIENCE, ISSUER},
};
use tonic::{Request, Status};

/// What everybody's password is.
pub const PASSWORD: &str = "kvieši un rudzi";

/// The service under test.
pub struct House {
    pub bed: Bed,
    pub application: Application,
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
        let store = Store::sqlite_in_memory(COLLECTIONS).await.unwrap();
        let mut bed = Bed::on(store.clone(), Timestamp::parse("start", "2026-03-02T09:30:00Z").unwrap());
        let passwords = Passwords::with_cost(8, 1).unwrap();
        let application = Application::new(store, bed.env.clone(), settings()).unwrap().with_passwords(passwords.clone());
        bed.company = application.ensure_company().await.unwrap();

        let bus: Arc<dyn Bus> = bed.bus.clone();
        let mut service = auth::serve(&application, bed.dependencies());
        service.bind(&bus).await.unwrap();
        // Its keys are the service's own.
        let verifier = Arc::new(Verifier::new(ISSUER, AUDIENCE, Arc::new(application.clone()), bed.env.clone()));
        let client = AuthServiceClient::new(service.transport(&verifier));
        let tasks = Tasks::new();
        for (name, task) in service.tasks.into_iter().filter(|(name, _)| *name == "auth.employees") {
            tasks.spawn(name, task);
        }
        Self { bed, application, verifier, client, passwords, _tasks: tasks }
    }

    /// The same use cases on another store.
    pub fn on(&self, store: Store) -> Application {
        Application::new(store, self.bed.env.clone(), settings()).unwrap()
    }

    /// The same use cases on the same store, as in another process.
    pub fn replica(&self) -> Application {
        self.on(self.bed.store.clone()).with_passwords(self.passwords.clone())
    }

    /// An operator's or a background task's identity.
    pub fn service(&self) -> Principal {
        Principal::service(self.bed.company, "test")
    }

    /// The first admin, signed in.
    pub async fn admin(&self) -> Person {
        let invitation = self.application.create_first_admin(self.bed.company, "admin@example.com", "Agnese Kalna").await.unwrap();
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
        let mut account = Account::create(id, email, format!("Person {number}"), role, employee, self.bed.env.now()).account;
        if with_password {
            let hash = self.passwords.hash(&self.bed.env, Password::given(PASSWORD)).await.unwrap();
            account = account.accept_invitation(hash, self.bed.env.now()).account;
        }
        let mut transaction = self.bed.store.company(self.bed.company).transaction(&self.service().actor, self.bed.env.now());
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
        self.bed.store.company(self.bed.company).get(account.uuid()).await.unwrap().unwrap()
    }

    /// What was published so far, without the packages of the names.
    pub async fn published(&self) -> Vec<(String, Envelope)> {
        let events = self.bed.published().await;
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
    let auth = Issuer { issuer: ISSUER.to_owned(), audience: AUDIENCE.to_owned() };
    Settings { auth, company: Company::default() }
}

fn person(session: Option<v1::Session>) -> Person {
    let session = session.unwrap();
    let account = session.account.unwrap();
    Person { id: account.id.parse().unwrap(), email: account.email, access: session.access_token, refresh: session.refresh_token }
}

/// A request with an access token.
pub fn with<T>(token: &str, message: T) -> Request<T> {
    Bearer::new(token).on(message)
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
