//! Of those who assign or reschedule at once exactly one wins.

use contracts::{crm::order::v1, write};
use futures::future::join_all;
use kernel::{Error, Result};
use testkit::answer;

use crate::house::{House, assign_request, create_request, hour, id, told};

/// Several processes on one store: they share nothing but the data.
async fn houses(count: usize) -> Vec<House> {
    let first = House::new().await;
    let others: Vec<House> = (1..count).map(|_| House::on(first.bed.store.clone())).collect();
    std::iter::once(first).chain(others).collect()
}

/// Checks that one succeeded, and that each other error names the winner's order.
fn assert_one_wins(outcomes: Vec<Result<v1::Order>>) {
    let (won, lost): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(Result::is_ok);
    let [Ok(winner)] = won.as_slice() else { panic!("{} won", won.len()) };
    for error in lost.into_iter().map(Result::unwrap_err) {
        let Error::FailedPrecondition { reason, details, .. } = &error else { panic!("{error}") };
        assert_eq!(reason, "EMPLOYEE_BUSY");
        assert_eq!(details["order_id"], winner.id);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_who_assign_one_person_to_overlapping_orders_one_wins() {
    for processes in [1, 4] {
        let houses = houses(processes).await;
        houses[0].customer(1, 1).await;
        let anna = houses[0].employee(101).await;
        let orders = join_all((0..32).map(|n| houses[0].order(9 + n % 3, 12 + n % 5))).await;
        let outcomes = join_all(orders.iter().enumerate().map(|(n, order)| houses[n % processes].assign(order, anna))).await;
        assert_one_wins(outcomes);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_who_reschedule_into_the_same_time_one_wins() {
    for _ in 0..3 {
        let houses = houses(8).await;
        reschedule_into_the_same_time(&houses).await;
    }
}

async fn reschedule_into_the_same_time(houses: &[House]) {
    houses[0].customer(1, 1).await;
    let anna = houses[0].employee(101).await;
    let mut orders = Vec::new();
    for n in 0..8 {
        orders.push(houses[0].assign(&houses[0].order(n * 2, n * 2 + 2).await, anna).await.unwrap());
    }
    let outcomes = join_all(orders.iter().enumerate().map(|(n, order)| {
        let request = v1::ScheduleOrderRequest {
            id: order.id.clone(),
            starts_at: Some(write::timestamp(hour(100))),
            ends_at: Some(write::timestamp(hour(101))),
            version: order.version,
        };
        let mut client = houses[n].manager();
        async move { Ok(answer(client.schedule_order(request).await)?.order.unwrap()) }
    }));
    assert_one_wins(outcomes.await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn assignments_that_do_not_overlap_all_succeed() {
    let house = House::new().await;
    house.customer(1, 1).await;
    let anna = house.employee(101).await;
    let orders = join_all((0..24).map(|n| house.order(n * 2, n * 2 + 2))).await;
    for outcome in join_all(orders.iter().map(|order| house.assign(order, anna))).await {
        outcome.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_crowd_at_one_customer_gets_through_at_all_replicas() {
    let house = House::new().await;
    let houses = [&house, &House::on(house.bed.store.clone()), &House::on(house.bed.store.clone())];
    let customer = house.customer(1, 1).await;
    let orders = (0..300).map(|n| houses[n % 3].create(create_request(customer, 24, 26)));
    for outcome in join_all(orders).await {
        outcome.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_who_change_one_version_of_an_order_one_hears_of_a_conflict() {
    let house = House::new().await;
    house.customer(1, 1).await;
    let order = house.order(9, 12).await;
    let employees = [house.employee(101).await, house.employee(102).await];
    let outcomes = join_all(employees.map(|employee| house.assign(&order, employee))).await;
    let errors: Vec<_> = outcomes.iter().filter_map(|outcome| outcome.as_ref().err().map(told)).collect();
    assert_eq!(errors, [("conflict with 2".to_owned(), String::new())]);
}

#[tokio::test]
async fn an_order_days_long_is_in_the_way_until_its_end() {
    let house = House::new().await;
    house.customer(1, 1).await;
    let anna = house.employee(101).await;
    let week = house.assign(&house.order(0, 7 * 24).await, anna).await.unwrap();
    let during = house.order(7 * 24 - 1, 7 * 24 + 1).await;
    let Err(Error::FailedPrecondition { details, .. }) = house.assign(&during, anna).await else { panic!("not refused") };
    assert_eq!(details["order_id"], week.id);
    house.assign(&house.order(7 * 24, 7 * 24 + 1).await, anna).await.unwrap();
    house.assign(&house.order(-2, 0).await, anna).await.unwrap();
}

#[tokio::test]
async fn somebody_with_hundreds_of_orders_around_is_still_busy_at_the_last() {
    let house = House::new().await;
    house.customer(1, 1).await;
    let anna = house.employee(101).await;
    let minutes = |n: i64| Some(write::timestamp(hour(9).plus(std::time::Duration::from_secs(u64::try_from(n * 60).unwrap()))));
    let short = |n: i64| v1::CreateOrderRequest { starts_at: minutes(n), ends_at: minutes(n + 1), ..create_request(id(1), 9, 10) };
    for n in 0..210 {
        house.assign(&house.create(short(n)).await.unwrap(), anna).await.unwrap();
    }
    let last = house.create(short(209)).await.unwrap();
    assert_eq!(told(&house.assign(&last, anna).await.unwrap_err()).0, "EMPLOYEE_BUSY");
}

#[tokio::test]
async fn a_time_off_is_overridden_with_a_reason() {
    let house = House::new().await;
    house.customer(1, 1).await;
    let anna = house.employee(101).await;
    let time_off = contracts::crm::employee::v1::TimeOff {
        id: uuid::Uuid::from_u128(1).to_string(),
        starts_at: Some(write::timestamp(hour(8))),
        ends_at: Some(write::timestamp(hour(10))),
        ..Default::default()
    };
    let employee = contracts::crm::employee::v1::Employee { time_off: vec![time_off], ..crate::house::employee(101) };
    let message = contracts::crm::employee::v1::EmployeeTimeOffChanged { employee: Some(employee) };
    house.deliver(&house.event(anna.uuid(), 2, &message)).await;

    let order = house.order(9, 12).await;
    assert_eq!(told(&house.assign(&order, anna).await.unwrap_err()), ("EMPLOYEE_ON_TIME_OFF".into(), "employee_id".into()));
    let request = v1::AssignEmployeeRequest { override_reason: "agreed by phone".into(), ..assign_request(&order, anna) };
    let order = answer(house.manager().assign_employee(request).await).unwrap().order.unwrap();
    assert_eq!(order.assignments[0].override_reason, "agreed by phone");
}
