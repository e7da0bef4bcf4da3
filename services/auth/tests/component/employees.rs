//! Logins follow employees: events over the bus, in any order, any number of times.

use std::time::Duration;

use auth::domain::account::{Account, DisabledBy, Status};
use contracts::crm::{auth::v1, employee::v1 as employees};
use events::Bus as _;
use kernel::{EmployeeId, Envelope, Role};
use prost::Message as _;

use crate::house::{House, PASSWORD, with};

const CONSUMER: &str = "auth.employees";

/// An employee as their service tells of them.
#[derive(Clone)]
struct Employee {
    id: EmployeeId,
    version: u64,
    name: &'static str,
    email: &'static str,
    active: bool,
}

impl Employee {
    fn new(number: u128) -> Self {
        Self { id: EmployeeId::from_uuid(uuid::Uuid::from_u128(number)), version: 1, name: "Ilze", email: "ilze@example.com", active: true }
    }

    fn next(&self, edit: impl FnOnce(&mut Self)) -> Self {
        let mut next = Self { version: self.version + 1, ..self.clone() };
        edit(&mut next);
        next
    }

    fn message(&self) -> Option<employees::Employee> {
        Some(employees::Employee {
            id: self.id.to_string(),
            version: self.version,
            first_name: self.name.to_owned(),
            last_name: "Ozola".to_owned(),
            email: self.email.to_owned(),
            status: if self.active { 1 } else { 2 },
            ..Default::default()
        })
    }

    fn told<M: prost::Name>(&self, house: &House, message: &M) -> Envelope {
        house.bed.event("employee", self.id.uuid(), self.version, message)
    }

    fn created(&self, house: &House) -> Envelope {
        self.told(house, &employees::EmployeeCreated { employee: self.message() })
    }

    fn updated(&self, house: &House) -> Envelope {
        self.told(house, &employees::EmployeeUpdated { employee: self.message() })
    }

    fn deactivated(&self, house: &House) -> Envelope {
        self.told(house, &employees::EmployeeDeactivated { employee: self.message() })
    }

    fn reactivated(&self, house: &House) -> Envelope {
        self.told(house, &employees::EmployeeReactivated { employee: self.message() })
    }
}

impl House {
    /// Publishes events and waits until all have had their effect.
    async fn hear(&self, events: &[Envelope]) {
        for outcome in self.bed.bus.publish_all(events).await {
            outcome.unwrap();
        }
        testkit::until("the effect of the events", async || (self.bed.bus.waiting(CONSUMER).await.unwrap() == 0).then_some(())).await;
        assert_eq!(self.bed.bus.dead_letters(10).await.unwrap(), []);
    }

    async fn account_of(&self, employee: &Employee) -> Option<Account> {
        let account = self.bed.store.company(self.bed.company).find_one::<Account>("unique_employee", employee.id).await;
        account.unwrap()
    }

    async fn kinds(&self) -> Vec<String> {
        self.published().await.into_iter().map(|(kind, _)| kind).collect()
    }
}

#[tokio::test]
async fn a_new_employee_gets_an_account_that_waits_for_its_password() {
    let house = House::new().await;
    let ilze = Employee::new(1);
    house.hear(&[ilze.created(&house)]).await;
    let account = house.account_of(&ilze).await.unwrap();
    assert_eq!((account.email.as_str(), account.name.as_str()), ("ilze@example.com", "Ilze Ozola"));
    assert_eq!((account.role, account.status), (Role::Employee, Status::Invited));
    let (kind, event) = house.published().await.pop().unwrap();
    let told = v1::AccountCreated::decode(event.data.as_slice()).unwrap().account.unwrap();
    assert_eq!((kind.as_str(), told.employee_id), ("AccountCreated", ilze.id.to_string()));
    assert_eq!(event.actor, kernel::Actor::Service { name: "auth".to_owned() });
}

#[tokio::test]
async fn an_event_ten_times_has_one_effect() {
    let house = House::new().await;
    let ilze = Employee::new(1);
    let (created, left) = (ilze.created(&house), ilze.next(|it| it.active = false).deactivated(&house));
    house.hear(&vec![created.clone(); 10]).await;
    house.hear(&vec![left.clone(); 10]).await;
    house.hear(&[created, left]).await;
    assert_eq!(house.kinds().await, ["AccountCreated", "AccountDisabled"]);
}

#[tokio::test]
async fn the_newest_version_wins_in_whatever_order_it_comes() {
    let ilze = Employee::new(1);
    let renamed = ilze.next(|it| it.name = "Elza");
    let left = renamed.next(|it| it.active = false);
    let back = left.next(|it| (it.active, it.email) = (true, "elza@example.com"));
    for order in [[0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3, 1], [1, 3, 0, 2]] {
        let house = House::new().await;
        let events = [ilze.created(&house), renamed.updated(&house), left.deactivated(&house), back.reactivated(&house)];
        for at in order {
            house.hear(&events[at..=at]).await;
        }
        let account = house.account_of(&ilze).await.unwrap();
        assert_eq!(
            (account.name.as_str(), account.email.as_str(), account.status),
            ("Elza Ozola", "elza@example.com", Status::Invited),
            "{order:?}"
        );
    }
}

#[tokio::test]
async fn who_left_before_they_were_heard_of_gets_no_account() {
    let house = House::new().await;
    let ilze = Employee::new(1);
    let left = ilze.next(|it| it.active = false);
    house.hear(&[left.deactivated(&house)]).await;
    house.hear(&[ilze.created(&house)]).await;
    assert_eq!(house.account_of(&ilze).await, None);
    house.hear(&[left.next(|it| it.active = true).reactivated(&house)]).await;
    assert_eq!(house.account_of(&ilze).await.unwrap().status, Status::Invited);
}

#[tokio::test]
async fn who_gets_an_address_later_gets_an_account_then_and_loses_it_with_the_address() {
    let house = House::new().await;
    let ilze = Employee { email: "", ..Employee::new(1) };
    house.hear(&[ilze.created(&house)]).await;
    assert_eq!(house.account_of(&ilze).await, None);
    let reachable = ilze.next(|it| it.email = "ilze@example.com");
    house.hear(&[reachable.updated(&house)]).await;
    assert_eq!(house.account_of(&ilze).await.unwrap().status, Status::Invited);
    let unreachable = reachable.next(|it| it.email = "");
    house.hear(&[unreachable.updated(&house)]).await;
    assert_eq!(house.account_of(&ilze).await.unwrap().disabled_by, Some(DisabledBy::Employee));
    house.hear(&[unreachable.next(|it| it.email = "ilze@example.com").updated(&house)]).await;
    assert_eq!(house.account_of(&ilze).await.unwrap().status, Status::Invited);
}

#[tokio::test]
async fn who_leaves_loses_login_and_sessions_and_gets_the_login_back() {
    let house = House::new().await;
    let ilze = Employee::new(1);
    house.hear(&[ilze.created(&house)]).await;
    let account = house.account_of(&ilze).await.unwrap();
    let invitation = house.application.create_invitation(&house.service(), account.id).await.unwrap();
    let person = house.accept(invitation.token.expose()).await.unwrap();

    let left = ilze.next(|it| it.active = false);
    let ((), published) = house.published_by(house.hear(&[left.deactivated(&house)])).await;
    assert_eq!(published, ["AccountDisabled", "SessionRevoked"]);
    assert!(house.refresh(&person.refresh).await.is_err() && house.sign_in(&person.email, PASSWORD).await.is_err());

    let ((), published) = house.published_by(house.hear(&[left.next(|it| it.active = true).reactivated(&house)])).await;
    assert_eq!(published, ["AccountEnabled"]);
    house.sign_in(&person.email, PASSWORD).await.unwrap();
}

#[tokio::test]
async fn a_taken_address_is_refused_and_the_account_keeps_its_own() {
    let house = House::new().await;
    house.account(7, Role::Manager, true).await;
    let (ilze, vera) = (Employee::new(1), Employee { email: "person7@example.com", ..Employee::new(2) });
    house.hear(&[ilze.created(&house), vera.created(&house)]).await;
    assert_eq!(house.account_of(&vera).await, None);
    let moved = ilze.next(|it| (it.name, it.email) = ("Elza", "person7@example.com"));
    house.hear(&[moved.updated(&house)]).await;
    let account = house.account_of(&ilze).await.unwrap();
    assert_eq!((account.name.as_str(), account.email.as_str()), ("Elza Ozola", "ilze@example.com"), "the name follows all the same");

    let refusals: Vec<_> =
        house.published().await.into_iter().filter(|(kind, _)| kind == "AccountProvisionRefused").map(|(_, event)| event).collect();
    assert_eq!(refusals.iter().map(|event| (event.subject, event.version)).collect::<Vec<_>>(), [(vera.id.uuid(), 1), (ilze.id.uuid(), 2)]);
    let told = v1::AccountProvisionRefused::decode(refusals[1].data.as_slice()).unwrap();
    assert_eq!((told.employee_id, told.employee_version, told.reason.as_str()), (ilze.id.to_string(), 2, "EMAIL_TAKEN"));
}

#[tokio::test]
async fn a_refusal_that_is_taken_back_is_told() {
    let house = House::new().await;
    house.account(7, Role::Manager, true).await;
    let ilze = Employee::new(1);
    let refused = ilze.next(|it| it.email = "person7@example.com");
    house.hear(&[ilze.created(&house)]).await;
    house.hear(&[refused.updated(&house)]).await;
    house.hear(&[refused.next(|it| it.email = "ilze@example.com").updated(&house)]).await;
    assert_eq!(house.kinds().await, ["AccountCreated", "AccountProvisionRefused", "AccountUpdated"]);
}

/// Ilze gives up an address that Vera and Anna take over one after the other; the events of different employees come in any
/// order.
#[tokio::test]
async fn an_address_goes_to_who_waits_for_it_when_it_becomes_free() {
    for order in [[0, 1, 2, 3, 4], [0, 3, 1, 4, 2], [0, 1, 3, 4, 2]] {
        let house = House::new().await;
        let ilze = Employee { email: "front@example.com", ..Employee::new(1) };
        let vera = Employee { email: "vera@example.com", ..Employee::new(2) };
        let anna = Employee { email: "vera@example.com", ..Employee::new(3) };
        let events = [
            ilze.created(&house),
            vera.created(&house),
            ilze.next(|it| it.email = "ilze@example.com").updated(&house),
            vera.next(|it| it.email = "front@example.com").updated(&house),
            anna.created(&house),
        ];
        for at in order {
            house.hear(&events[at..=at]).await;
        }
        let email = async |employee: &Employee| house.account_of(employee).await.map(|account| account.email.to_string());
        assert_eq!(email(&ilze).await.as_deref(), Some("ilze@example.com"), "{order:?}");
        assert_eq!(email(&vera).await.as_deref(), Some("front@example.com"), "{order:?}");
        assert_eq!(email(&anna).await.as_deref(), Some("vera@example.com"), "{order:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_address_that_is_given_up_while_another_begins_to_wait_for_it_goes_to_them() {
    for round in 0..60 {
        let house = House::new().await;
        // Two replicas, each with one of the events.
        let [one, other] = [(); 2].map(|()| {
            let service = auth::serve(&house.replica(), house.bed.dependencies());
            service.consumers.into_iter().map(|(_, handler)| handler).next().unwrap()
        });
        let (ilze, anna) = (Employee::new(1), Employee::new(2));
        one.handle(&ilze.created(&house)).await.unwrap();
        let (gives_up, waits) = (ilze.next(|it| it.email = "ozola@example.com").updated(&house), anna.created(&house));
        let later = async {
            for _ in 0..round {
                tokio::task::yield_now().await;
            }
            other.handle(&waits).await.unwrap();
        };
        futures::join!(async { one.handle(&gives_up).await.unwrap() }, later);
        let account = house.account_of(&anna).await.unwrap_or_else(|| panic!("nobody has the address in round {round}"));
        assert_eq!(account.email.as_str(), "ilze@example.com");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_employees_with_one_address_exactly_one_gets_it() {
    let house = House::new().await;
    let all: Vec<Employee> = (1..=30).map(Employee::new).collect();
    let events: Vec<Envelope> = all.iter().map(|employee| employee.created(&house)).collect();
    house.hear(&events).await;
    let kinds = house.kinds().await;
    let count = |wanted| kinds.iter().filter(|kind| *kind == wanted).count();
    assert_eq!((count("AccountCreated"), count("AccountProvisionRefused")), (1, 29));
}

#[tokio::test]
async fn what_an_admin_disabled_stays_disabled() {
    let house = House::new().await;
    let admin = house.admin().await;
    let ilze = Employee::new(1);
    house.hear(&[ilze.created(&house)]).await;
    let account = house.account_of(&ilze).await.unwrap();
    house.disable(&admin, account.id).await.unwrap();
    let left = ilze.next(|it| it.active = false);
    house.hear(&[left.deactivated(&house)]).await;
    house.hear(&[left.next(|it| it.active = true).reactivated(&house)]).await;
    assert_eq!(house.account_of(&ilze).await.unwrap().disabled_by, Some(DisabledBy::Admin));
}

#[tokio::test]
async fn an_account_is_not_enabled_while_its_employee_is_gone() {
    let house = House::new().await;
    let admin = house.admin().await;
    let ilze = Employee::new(1);
    house.hear(&[ilze.created(&house)]).await;
    let left = ilze.next(|it| it.active = false);
    house.hear(&[left.deactivated(&house)]).await;
    let account = house.account_of(&ilze).await.unwrap();
    let enable = async || {
        let request = v1::EnableAccountRequest { account_id: account.id.to_string(), version: account.version };
        house.client.clone().enable_account(with(&admin.access, request)).await.map_err(crate::house::error)
    };
    assert_eq!(crate::house::code(enable().await), "EMPLOYEE_INACTIVE");
}

#[tokio::test]
async fn the_last_admin_stays_though_their_employee_leaves() {
    let house = House::new().await;
    let admin = house.admin().await;
    let ilze = Employee::new(1);
    house.hear(&[ilze.created(&house)]).await;
    let account = house.account_of(&ilze).await.unwrap();
    let token = house.invite(&admin, account.id).await.unwrap().token;
    let person = house.accept(&token).await.unwrap();
    let version = house.stored(account.id).await.version;
    let promote = v1::ChangeRoleRequest { account_id: account.id.to_string(), role: 3, version };
    house.client.clone().change_role(with(&admin.access, promote)).await.unwrap();
    let person = house.refresh(&person.refresh).await.unwrap();
    house.disable(&person, admin.id).await.unwrap();

    house.hear(&[ilze.next(|it| (it.active, it.name) = (false, "Elza")).deactivated(&house)]).await;
    let account = house.account_of(&ilze).await.unwrap();
    assert_eq!((account.status, account.name.as_str()), (Status::Active, "Elza Ozola"));
}

#[tokio::test]
async fn of_two_admins_who_leave_with_one_event_the_last_stays() {
    let house = House::new().await;
    let admin = house.admin().await;
    let (ilze, anna) = (Employee::new(1), Employee { email: "anna@example.com", ..Employee::new(2) });
    house.hear(&[ilze.created(&house), anna.created(&house)]).await;
    let mut tokens = Vec::new();
    for employee in [&ilze, &anna] {
        let account = house.account_of(employee).await.unwrap();
        let token = house.invite(&admin, account.id).await.unwrap().token;
        let person = house.accept(&token).await.unwrap();
        let version = house.stored(account.id).await.version;
        let promote = v1::ChangeRoleRequest { account_id: account.id.to_string(), role: 3, version };
        house.client.clone().change_role(with(&admin.access, promote)).await.unwrap();
        tokens.push(house.refresh(&person.refresh).await.unwrap());
    }
    house.disable(&tokens[0], admin.id).await.unwrap();
    let [ilze_id, anna_id] = [house.account_of(&ilze).await.unwrap().id, house.account_of(&anna).await.unwrap().id];
    house.disable(&tokens[1], ilze_id).await.unwrap();

    // Anna is the last: she left and stays, and waits for the address that Ilze has.
    let anna = anna.next(|it| (it.email, it.active) = ("ilze@example.com", false));
    house.hear(&[anna.deactivated(&house)]).await;
    let version = house.stored(ilze_id).await.version;
    let enable = v1::EnableAccountRequest { account_id: ilze_id.to_string(), version };
    house.client.clone().enable_account(with(&tokens[1].access, enable)).await.unwrap();

    // Now Ilze leaves and gives up the address: one of the two must stay.
    house.hear(&[ilze.next(|it| (it.email, it.active) = ("ozola@example.com", false)).deactivated(&house)]).await;
    let (ilze, anna) = (house.stored(ilze_id).await, house.stored(anna_id).await);
    assert_eq!((ilze.status, anna.status), (Status::Disabled, Status::Active));
    assert_eq!(anna.email.as_str(), "ilze@example.com");
}

#[tokio::test]
async fn what_can_t_be_read_becomes_a_dead_letter_and_the_next_is_handled() {
    let house = House::new().await;
    let ilze = Employee::new(1);
    let broken = Envelope { data: vec![0xff; 7], ..ilze.created(&house) };
    let without = ilze.next(|_| ()).told(&house, &employees::EmployeeCreated { employee: None });
    let no_address = Employee { email: "nowhere", ..Employee::new(2) }.created(&house);
    let fine = Employee::new(3);
    let events = [broken, without, no_address, fine.created(&house)];
    for outcome in house.bed.bus.publish_all(&events).await {
        outcome.unwrap();
    }
    testkit::until("three dead letters", async || (house.bed.bus.dead_letters(10).await.unwrap().len() == 3).then_some(())).await;
    testkit::until("the account", async || house.account_of(&fine).await).await;
    house.bed.pass(Duration::from_secs(60));
}
