//! What the auth service tells shows on the employee, however it arrives.

use std::{sync::Arc, time::Duration};

use contracts::crm::{
    api::v1::Role,
    auth::v1::{
        Account, AccountCreated, AccountDisabled, AccountEnabled, AccountProvisionRefused, AccountRoleChanged, AccountStatus,
        AccountUpdated,
    },
    employee::v1::{Employee, LoginStatus},
};
use events::{HandleError, Handler, Subscription};
use kernel::{Actor, Envelope, Principal};
use prost::Name;

use crate::harness::{World, update, updated};

const ACCOUNT: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

fn account(employee: &Employee, version: u64, role: Role, status: AccountStatus) -> Option<Account> {
    Some(Account {
        id: ACCOUNT.into(),
        version,
        email: employee.email.clone(),
        name: "Anna Ozola".into(),
        role: role.into(),
        status: status.into(),
        employee_id: employee.id.clone(),
        ..Account::default()
    })
}

fn envelope<M: Name>(world: &World, subject: &str, version: u64, message: &M) -> Envelope {
    world.bed.event("auth", subject.parse().unwrap(), version, message)
}

/// The account in its life: provisioned, made a manager, disabled, enabled.
fn life(world: &World, employee: &Employee) -> [Envelope; 4] {
    use AccountStatus::{Active, Disabled, Invited};
    [
        envelope(world, ACCOUNT, 1, &AccountCreated { account: account(employee, 1, Role::Employee, Invited) }),
        envelope(world, ACCOUNT, 2, &AccountRoleChanged { account: account(employee, 2, Role::Manager, Active) }),
        envelope(world, ACCOUNT, 3, &AccountDisabled { account: account(employee, 3, Role::Manager, Disabled) }),
        envelope(world, ACCOUNT, 4, &AccountEnabled { account: account(employee, 4, Role::Manager, Active) }),
    ]
}

fn refusal(world: &World, employee: &Employee, version: u64) -> Envelope {
    let message = AccountProvisionRefused {
        employee_id: employee.id.clone(),
        employee_version: version,
        reason: "EMAIL_TAKEN".into(),
        message: "the email address is in use".into(),
    };
    envelope(world, &employee.id, version, &message)
}

async fn status(world: &World, employee: &Employee) -> LoginStatus {
    world.get(&employee.id).await.login.unwrap().status()
}

#[tokio::test]
async fn the_login_follows_the_account_and_nobody_is_told_again() {
    let world = World::new().await;
    let anna = world.hire("Anna", "Ozola", "anna@example.com").await;
    let accounts = world.accounts();
    let expected = [
        (LoginStatus::Provisioned, Role::Employee),
        (LoginStatus::Provisioned, Role::Manager),
        (LoginStatus::Disabled, Role::Manager),
        (LoginStatus::Provisioned, Role::Manager),
    ];
    for (event, (status, role)) in life(&world, &anna).iter().zip(expected) {
        accounts.handle(event).await.unwrap();
        let login = world.get(&anna.id).await.login.unwrap();
        assert_eq!((login.status(), login.role(), login.account_id.as_str()), (status, role, ACCOUNT));
    }
    assert_eq!(world.get(&anna.id).await.version, 5);
    assert_eq!(world.published().await, [("EmployeeCreated".to_owned(), 1)]);
}

#[tokio::test]
async fn in_any_order_and_however_often_the_last_version_counts() {
    for order in [[0, 1, 2, 3], [3, 2, 1, 0], [1, 3, 0, 2], [2, 0, 3, 1]] {
        let world = World::new().await;
        let anna = world.hire("Anna", "Ozola", "anna@example.com").await;
        let life = life(&world, &anna);
        for at in order.iter().chain(&order) {
            world.accounts().handle(&life[*at]).await.unwrap();
        }
        let login = world.get(&anna.id).await.login.unwrap();
        assert_eq!((login.status(), login.role()), (LoginStatus::Provisioned, Role::Manager), "{order:?}");
    }
}

#[tokio::test]
async fn an_event_that_comes_again_changes_nothing() {
    let world = World::new().await;
    let anna = world.hire("Anna", "Ozola", "anna@example.com").await;
    let [created, ..] = life(&world, &anna);
    for _ in 0..3 {
        world.accounts().handle(&created).await.unwrap();
        assert_eq!(world.get(&anna.id).await.version, 2);
    }
}

#[tokio::test]
async fn a_refusal_shows_with_its_reason_until_another_email_address_is_accepted() {
    let world = World::new().await;
    let anna = world.hire("Anna", "Ozola", "taken@example.com").await;
    world.accounts().handle(&refusal(&world, &anna, 1)).await.unwrap();
    let refused = world.get(&anna.id).await;
    let login = refused.login.clone().unwrap();
    assert_eq!((login.status(), login.refusal_reason.as_str()), (LoginStatus::Refused, "EMAIL_TAKEN"));
    assert_eq!(login.refusal_message, "the email address is in use");

    let moved = updated(&mut world.manager(), Employee { email: "free@example.com".into(), ..refused }, &["email"]).await;
    assert_eq!(status(&world, &anna).await, LoginStatus::Pending);
    // The answer to the earlier address comes again, and late.
    world.accounts().handle(&refusal(&world, &anna, 1)).await.unwrap();
    assert_eq!(status(&world, &anna).await, LoginStatus::Pending);
    let [created, ..] = life(&world, &moved);
    world.accounts().handle(&created).await.unwrap();
    let login = world.get(&anna.id).await.login.unwrap();
    assert_eq!((login.status(), login.refusal_reason.as_str()), (LoginStatus::Provisioned, ""));
}

#[tokio::test]
async fn an_account_that_took_over_a_changed_name_does_not_raise_the_version_that_somebody_is_editing() {
    let world = World::new().await;
    let anna = world.hire("Anna", "Ozola", "anna@example.com").await;
    let [created, ..] = life(&world, &anna);
    world.accounts().handle(&created).await.unwrap();
    let seen = world.get(&anna.id).await;
    let renamed = updated(&mut world.manager(), Employee { last_name: "Liepa".into(), ..seen }, &["last_name"]).await;
    let account = account(&anna, 2, Role::Employee, AccountStatus::Active);
    world.accounts().handle(&envelope(&world, ACCOUNT, 2, &AccountUpdated { account })).await.unwrap();
    let edit = update(Employee { first_name: "Anita".into(), ..renamed }, &["first_name"]);
    assert!(world.manager().update_employee(edit).await.is_ok());
}

#[tokio::test]
async fn editing_and_hearing_at_once_lose_neither() {
    let world = World::new().await;
    let anna = world.hire("Anna", "Ozola", "anna@example.com").await;
    let events = life(&world, &anna);
    let hearing = futures::future::join_all(events.iter().map(|event| {
        let accounts = world.accounts();
        async move { accounts.handle(event).await }
    }));
    let editing = async {
        for n in 0..10 {
            // A person who meets a conflict looks again.
            loop {
                let seen = world.get(&anna.id).await;
                let edit = update(Employee { first_name: format!("Anna {n}"), ..seen }, &["first_name"]);
                if world.manager().update_employee(edit).await.is_ok() {
                    break;
                }
            }
        }
    };
    let (heard, ()) = tokio::join!(hearing, editing);
    for (outcome, event) in heard.into_iter().zip(&events) {
        // What lost too often is delivered again by the bus.
        if outcome.is_err() {
            world.accounts().handle(event).await.unwrap();
        }
    }
    let after = world.get(&anna.id).await;
    assert_eq!((after.first_name.as_str(), after.login.unwrap().status()), ("Anna 9", LoginStatus::Provisioned));
}

#[tokio::test]
async fn history_says_who_caused_a_login_s_change() {
    let world = World::new().await;
    let anna = world.hire("Anna", "Ozola", "anna@example.com").await;
    let [created, ..] = life(&world, &anna);
    world.accounts().handle(&created).await.unwrap();
    let query = store::Query::by("version").eq("entity_id", anna.id.as_str()).descending().page(1, None);
    let entry = world.bed.store.company(world.bed.company).find::<store::HistoryEntry>(&query).await.unwrap().items.remove(0);
    assert_eq!(entry.actor, Actor::Service { name: "auth".into() });
    let fields: Vec<&str> = entry.changes.iter().map(|change| change.field.as_str()).collect();
    assert_eq!(fields, ["login.account_id", "login.role", "login.status"]);
}

#[tokio::test]
async fn an_account_without_an_employee_is_none_of_our_business() {
    let world = World::new().await;
    let anna = world.hire("Anna", "Ozola", "anna@example.com").await;
    let account = account(&anna, 1, Role::Admin, AccountStatus::Active).map(|account| Account { employee_id: String::new(), ..account });
    world.accounts().handle(&envelope(&world, ACCOUNT, 1, &AccountCreated { account })).await.unwrap();
    assert_eq!(status(&world, &anna).await, LoginStatus::Pending);
}

#[tokio::test]
async fn what_can_t_be_read_is_poison() {
    let world = World::new().await;
    let anna = world.hire("Anna", "Ozola", "anna@example.com").await;
    let [created, ..] = life(&world, &anna);
    let garbled = Envelope { data: vec![0xFF; 8], ..created.clone() };
    let unknown = Envelope { kind: "crm.auth.v1.SignedIn".into(), ..created };
    let empty = envelope(&world, ACCOUNT, 1, &AccountCreated { account: None });
    for event in [garbled, unknown, empty] {
        assert!(matches!(world.accounts().handle(&event).await, Err(HandleError::Poison(_))));
    }
}

#[test]
fn the_subscription_names_the_messages_as_the_contract_does() {
    let kinds = [
        AccountCreated::full_name(),
        AccountUpdated::full_name(),
        AccountDisabled::full_name(),
        AccountEnabled::full_name(),
        AccountRoleChanged::full_name(),
        AccountProvisionRefused::full_name(),
    ];
    assert_eq!(employee::reactions::ACCOUNTS.kinds, kinds);
}

/// Answers a new employee with an account, as the auth service does.
struct Auth(Arc<dyn events::Bus>, kernel::Env);

#[async_trait::async_trait]
impl Handler for Auth {
    async fn handle(&self, event: &Envelope) -> Result<(), HandleError> {
        let created: contracts::crm::employee::v1::EmployeeCreated = events::decode(event)?;
        let account = account(&created.employee.unwrap(), 1, Role::Employee, AccountStatus::Invited);
        let principal = Principal::service(event.company, "auth");
        let answer = events::envelope(&self.1, &principal, "auth", ACCOUNT.parse().unwrap(), 1, &AccountCreated { account });
        self.0.publish(&answer).await.map_err(|error| HandleError::Poison(error.to_string()))
    }
}

#[tokio::test]
async fn over_the_bus_a_new_employee_gets_a_login() {
    let mut world = World::new().await;
    let bus: Arc<dyn events::Bus> = world.bed.bus.clone();
    let stop = tokio_util::sync::CancellationToken::new();
    let auth = Subscription::new("auth.employees", &["crm.employee.v1.EmployeeCreated"]);
    let deliveries = bus.subscribe(auth, Arc::new(Auth(bus.clone(), world.bed.env.clone())), stop.clone()).await.unwrap();
    world.service.bind(&bus).await.unwrap();
    let tasks = runtime::Tasks::new();
    tasks.spawn("auth", |_| deliveries);
    for (name, task) in std::mem::take(&mut world.service.tasks) {
        tasks.spawn(name, task);
    }
    let anna = world.hire("Anna", "Ozola", "anna@example.com").await;
    testkit::until("the login is provisioned", async || (status(&world, &anna).await == LoginStatus::Provisioned).then_some(())).await;
    stop.cancel();
    tasks.stop(Duration::from_secs(5)).await;
}
