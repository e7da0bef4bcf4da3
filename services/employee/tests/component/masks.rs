//! What is asked for is answered, and nothing else, whoever asks.

use contracts::crm::employee::v1;
use employee::domain::{Availability, Employee, Name, Profile, Skills};
use kernel::{EmailAddress, PhoneNumber, Role};
use proptest::{
    prelude::*,
    strategy::ValueTree as _,
    test_runner::{Config, TestRunner},
};
use serde_json::json;
use testkit::{answer, fields};

use crate::harness::{Client, World};

/// What an employee may have or not.
#[derive(Debug, Clone)]
struct Sample {
    name: u16,
    email: bool,
    rate: bool,
    inactive: bool,
    photo: bool,
    skills: usize,
    available: bool,
    times_off: usize,
    login: usize,
}

fn sample() -> impl Strategy<Value = Sample> {
    (any::<u16>(), any::<[bool; 5]>(), 0..3_usize, 0..3_usize, 0..4_usize).prop_map(
        |(name, [email, rate, inactive, photo, available], skills, times_off, login)| Sample {
            name,
            email,
            rate,
            inactive,
            photo,
            skills,
            available,
            times_off,
            login,
        },
    )
}

impl Sample {
    fn employee(&self, world: &World) -> Employee {
        let env = &world.bed.env;
        let skills: Vec<String> = (0..self.skills).map(|skill| format!("skill {skill}")).collect();
        let profile = Profile {
            first_name: Name::parse("first_name", "Anna").unwrap(),
            last_name: Name::parse("last_name", &format!("Kalna {}", self.name)).unwrap(),
            phone: PhoneNumber::parse("phone", "+37120012345").unwrap(),
            email: self.email.then(|| EmailAddress::parse("email", "anna@example.com").unwrap()),
            hourly_rate: self.rate.then(|| kernel::Money::zero(kernel::Currency::EUR)),
            skills: Skills::parse("skills", &skills).unwrap(),
            availability: Availability::default(),
        };
        let employee = Employee::create(env.new_id(), profile, env.now()).employee;
        let mut document = serde_json::to_value(&employee).unwrap();
        if self.inactive {
            document["status"] = json!("INACTIVE");
        }
        if self.photo {
            document["photo"] = json!({ "version": 1, "width": 10, "height": 20, "size_bytes": 30 });
        }
        if self.available {
            document["availability"] = json!([{ "weekday": "MONDAY", "start_minute": 60, "end_minute": 120 }]);
        }
        let time_off = |number: usize| {
            let starts_at = env.now().plus(std::time::Duration::from_secs(number as u64));
            json!({ "id": env.random_uuid(), "starts_at": starts_at, "ends_at": starts_at, "reason": "" })
        };
        document["time_off"] = (0..self.times_off).map(time_off).collect();
        let account = env.random_uuid();
        match self.login {
            0 => {}
            1 => document["login"] = json!({ "status": "PROVISIONED", "account_id": account, "role": Role::Manager }),
            2 => document["login"] = json!({ "status": "REFUSED", "refusal_reason": "TAKEN", "refusal_message": "is in use" }),
            _ => document["login"] = json!({ "status": "DISABLED", "account_id": account, "role": Role::Employee }),
        }
        serde_json::from_value(document).unwrap()
    }
}

async fn got(client: &mut Client, ids: &[String], fields: &[&str]) -> Vec<v1::Employee> {
    let request = v1::BatchGetEmployeesRequest { ids: ids.to_vec(), read_mask: fields::mask(fields) };
    let results = answer(client.batch_get_employees(request).await).unwrap().results.into_iter();
    let employee = |result: v1::EmployeeResult| match result.result {
        Some(v1::employee_result::Result::Employee(employee)) => employee,
        other => panic!("{other:?}"),
    };
    results.map(employee).collect()
}

async fn listed(client: &mut Client, fields: &[&str]) -> Vec<v1::Employee> {
    let list = v1::ListEmployeesRequest { page_size: Some(100), ..Default::default() };
    let request = v1::BatchListEmployeesRequest { requests: vec![list], read_mask: fields::mask(fields), omit_cursors: true };
    match answer(client.batch_list_employees(request).await).unwrap().results.remove(0).result {
        Some(v1::employees_page_result::Result::Page(page)) => {
            assert_eq!(page.cursors, Vec::<String>::new(), "they were to be left out");
            page.employees
        }
        other => panic!("{other:?}"),
    }
}

async fn found(client: &mut Client, fields: &[&str]) -> Vec<v1::Employee> {
    let request =
        v1::SearchEmployeesRequest { text: "anna".into(), limit: Some(100), read_mask: fields::mask(fields), ..Default::default() };
    answer(client.search_employees(request).await).unwrap().employees
}

#[tokio::test]
async fn a_mask_gets_of_every_employee_those_fields_as_they_are_in_the_whole_of_them() {
    let world = World::new().await;
    let mut runner = TestRunner::new(Config::default());
    let samples = proptest::collection::vec(sample(), 40).new_tree(&mut runner).unwrap().current();
    let mut employees: Vec<Employee> = samples.iter().map(|sample| sample.employee(&world)).collect();
    employees.sort_by(|one, other| (&one.sort_name, one.id).cmp(&(&other.sort_name, other.id)));
    let actor = world.bed.person(Role::Admin, None).actor;
    let mut transaction = world.bed.store.company(world.bed.company).transaction(&actor, world.bed.env.now());
    for employee in &employees {
        transaction.insert(employee);
    }
    transaction.commit().await.unwrap();

    let mut whole = Vec::new();
    for employee in &employees {
        whole.push(world.get(&employee.id.to_string()).await);
    }
    let ids: Vec<String> = whole.iter().map(|employee| employee.id.clone()).collect();
    let mut manager = world.manager();
    for mask in [vec![vec![]], fields::masks::<v1::Employee>(3)].concat() {
        let of = |employee: &v1::Employee| if mask.is_empty() { employee.clone() } else { fields::only(employee, &mask) };
        let expected: Vec<v1::Employee> = whole.iter().map(of).collect();
        assert_eq!(got(&mut manager, &ids, &mask).await, expected, "{mask:?}");
        assert_eq!(listed(&mut manager, &mask).await, expected, "{mask:?}");
        assert_eq!(found(&mut manager, &mask).await, expected, "{mask:?}");
        // A cleaner's own, without what the office pays.
        for employee in &whole {
            let own = v1::Employee { hourly_rate: None, ..of(employee) };
            assert_eq!(got(&mut world.cleaner(employee), std::slice::from_ref(&employee.id), &mask).await, [own], "{mask:?}");
        }
    }
}
