//! What is asked for is answered, and nothing else; what is not asked for is not read.

use auth::domain::account::Account;
use contracts::crm::auth::v1::{self, account_result, accounts_page_result};
use kernel::{AccountId, EmailAddress, EmployeeId, Role};
use proptest::{
    prelude::*,
    strategy::ValueTree as _,
    test_runner::{Config, TestRunner},
};
use serde_json::json;
use testkit::fields;
use uuid::Uuid;

use crate::house::{House, Person, with};

/// What an account may have or not.
#[derive(Debug, Clone)]
struct Sample {
    manager: bool,
    employee: bool,
    invited: bool,
    disabled: bool,
    version: u64,
}

fn sample() -> impl Strategy<Value = Sample> {
    (any::<[bool; 4]>(), 1..9_u64).prop_map(|([manager, employee, invited, disabled], version)| Sample {
        manager,
        employee,
        invited,
        disabled,
        version,
    })
}

impl Sample {
    fn account(&self, number: u128, house: &House) -> Account {
        let email = EmailAddress::parse("email", &format!("account{number:03}@example.com")).unwrap();
        let role = if self.manager { Role::Manager } else { Role::Employee };
        let employee = self.employee.then(|| EmployeeId::from_uuid(Uuid::from_u128(1_000 + number)));
        let id = AccountId::from_uuid(Uuid::from_u128(number));
        let account = Account::create(id, email, format!("Person {number}"), role, employee, house.bed.env.now()).account;
        let mut document = serde_json::to_value(&account).unwrap();
        document["version"] = json!(self.version);
        if self.invited {
            document["invitation_expires_at"] = json!(house.bed.env.now());
        }
        if self.disabled {
            document["status"] = json!("DISABLED");
            document["disabled_by"] = json!("ADMIN");
        }
        serde_json::from_value(document).unwrap()
    }
}

async fn got(house: &House, who: &Person, ids: &[String], fields: &[&str]) -> Vec<v1::Account> {
    let request = v1::BatchGetAccountsRequest { ids: ids.to_vec(), read_mask: fields::mask(fields) };
    let answer = house.client.clone().batch_get_accounts(with(&who.access, request)).await.unwrap().into_inner();
    let account = |result: v1::AccountResult| match result.result {
        Some(account_result::Result::Account(account)) => account,
        other => panic!("{other:?}"),
    };
    answer.results.into_iter().map(account).collect()
}

async fn listed(house: &House, who: &Person, fields: &[&str]) -> Vec<v1::Account> {
    let list = v1::ListAccountsRequest { page_size: Some(100), ..Default::default() };
    let request = v1::BatchListAccountsRequest { requests: vec![list], read_mask: fields::mask(fields), omit_cursors: true };
    let answer = house.client.clone().batch_list_accounts(with(&who.access, request)).await.unwrap().into_inner();
    match answer.results.into_iter().next().unwrap().result {
        Some(accounts_page_result::Result::Page(page)) => {
            assert_eq!(page.cursors, Vec::<String>::new(), "they were to be left out");
            page.accounts
        }
        other => panic!("{other:?}"),
    }
}

/// Forty accounts of every kind, and three of those who have signed in; as they are whole, in the order of lists.
async fn filled(house: &House) -> (Person, Person, Vec<v1::Account>) {
    let (admin, manager) = (house.admin().await, house.person(1, Role::Manager).await);
    let cleaner = house.person(2, Role::Employee).await;
    let mut runner = TestRunner::new(Config::default());
    let samples = proptest::collection::vec(sample(), 40).new_tree(&mut runner).unwrap().current();
    let mut transaction = house.bed.store.company(house.bed.company).transaction(&house.service().actor, house.bed.env.now());
    let accounts: Vec<Account> = samples.iter().zip(100..).map(|(sample, number)| sample.account(number, house)).collect();
    for account in &accounts {
        transaction.put(account);
    }
    transaction.commit().await.unwrap();
    let mut whole = Vec::new();
    for id in accounts.iter().map(|account| account.id).chain([admin.id, manager.id, cleaner.id]) {
        let request = v1::GetAccountRequest { id: id.to_string() };
        whole.push(house.client.clone().get_account(with(&admin.access, request)).await.unwrap().into_inner().account.unwrap());
    }
    whole.sort_by(|one, other| one.email.cmp(&other.email));
    assert_eq!(whole.iter().filter(|account| account.last_signed_in_at.is_some()).count(), 3);
    (admin, manager, whole)
}

#[tokio::test]
async fn a_mask_gets_of_every_account_those_fields_as_they_are_in_the_whole_of_it() {
    let house = House::new().await;
    let (admin, manager, whole) = filled(&house).await;
    let of_employees: Vec<&v1::Account> = whole.iter().filter(|account| !account.employee_id.is_empty()).collect();
    let ids = |accounts: &[&v1::Account]| accounts.iter().map(|account| account.id.clone()).collect::<Vec<_>>();
    for mask in [vec![vec![]], fields::masks::<v1::Account>(3)].concat() {
        let of = |account: &v1::Account| if mask.is_empty() { account.clone() } else { fields::only(account, &mask) };
        let expected: Vec<v1::Account> = whole.iter().map(of).collect();
        assert_eq!(got(&house, &admin, &ids(&whole.iter().collect::<Vec<_>>()), &mask).await, expected, "{mask:?}");
        assert_eq!(listed(&house, &admin, &mask).await, expected, "{mask:?}");
        // A manager sees those of employees, whether they ask for that or not.
        let seen: Vec<v1::Account> = of_employees.iter().map(|account| of(account)).collect();
        assert_eq!(got(&house, &manager, &ids(&of_employees), &mask).await, seen, "{mask:?}");
    }
}

#[tokio::test]
async fn the_last_sign_in_is_read_where_it_is_asked_for_alone() {
    let house = House::new().await;
    let (admin, _, whole) = filled(&house).await;
    let ids: Vec<String> = whole.iter().map(|account| account.id.clone()).collect();
    let (mut of_gets, mut of_lists) = (Vec::new(), Vec::new());
    for mask in ["name", "last_signed_in_at"] {
        let before = house.bed.store.examined();
        got(&house, &admin, &ids, &[mask]).await;
        let between = house.bed.store.examined();
        listed(&house, &admin, &[mask]).await;
        of_gets.push(between - before);
        of_lists.push(house.bed.store.examined() - between);
    }
    assert_eq!([of_gets[1] - of_gets[0], of_lists[1] - of_lists[0]], [43, 43]);
}
