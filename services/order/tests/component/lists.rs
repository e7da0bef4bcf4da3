//! Filters, pages, and what a page costs.

use std::collections::BTreeSet;

use kernel::{CustomerId, EmployeeId, OrderId, PageSize, Principal, Timestamp};
use order::{
    Application, OrderParts,
    application::{AssignEmployee, CreateOrder, ListOrders, OrderFilter, OrderView, PlaceChoice},
    domain::{Base, CrewSize, CustomerCopy, NewOrder, Order, Period, PriceTerms, ServiceType, Status},
};
use proptest::{prelude::*, test_runner::TestRunner};
use store::{Direction, Page, Store};

use crate::house::{House, Who, hour, id};

fn new_order(from: i64) -> NewOrder {
    let price = kernel::Money::zero(kernel::Currency::EUR);
    NewOrder {
        service_type: ServiceType::ServiceCleaning,
        period: Period::of_order(hour(from), hour(from + 1)).unwrap(),
        crew_size: CrewSize::ONE,
        price_terms: PriceTerms::new(Base::Fixed { price }, vec![], None).unwrap(),
        client_comments: String::new(),
        checklist: vec![],
    }
}

/// The use cases, called by the manager.
struct Office<'a> {
    application: &'a Application,
    principal: Principal,
}

impl Office<'_> {
    fn of(house: &House) -> Office<'_> {
        Office { application: &house.application, principal: house.principal(Who::Admin) }
    }

    async fn create(&self, customer: CustomerId, from: i64) -> Order {
        let command = CreateOrder { customer_id: customer, place: PlaceChoice::default(), order: new_order(from) };
        self.application.create_order(&self.principal, command).await.unwrap().order
    }

    async fn assign(&self, order: &Order, employee: EmployeeId) -> Order {
        let command = AssignEmployee { id: order.id, version: order.version, employee_id: employee, override_reason: String::new() };
        self.application.assign_employee(&self.principal, command).await.unwrap().order
    }

    async fn schedule(&self, order: &Order) -> Order {
        let command = order::application::ScheduleOrder { id: order.id, version: order.version, starts_at: None, ends_at: None };
        self.application.schedule_order(&self.principal, command).await.unwrap().order
    }

    async fn list(&self, filter: OrderFilter, direction: Direction, size: i32, token: &str) -> Page<OrderView<OrderParts>> {
        let page_size = PageSize::parse("page_size", Some(size)).unwrap();
        let list = ListOrders { filter, direction, page_size, page_token: token.to_owned() };
        self.application.list_orders(&self.principal, list).await.unwrap()
    }

    async fn all(&self, filter: &OrderFilter, direction: Direction, size: i32) -> Vec<OrderId> {
        let (mut found, mut token) = (Vec::new(), String::new());
        loop {
            let page = self.list(filter.clone(), direction, size, &token).await;
            token = page.next_page_token().unwrap_or_default();
            found.extend(page.items.into_iter().map(|view| view.order.id));
            if token.is_empty() {
                return found;
            }
        }
    }
}

/// Orders of three customers and three employees in every status, some at the same time.
async fn some_of_everything(office: &Office<'_>, employees: &[EmployeeId]) -> Vec<Order> {
    let mut orders = Vec::new();
    for n in 0..90_i64 {
        let mut order = office.create(id(1 + u128::try_from(n % 3).unwrap()), n / 2).await;
        // No two of one employee overlap: each has every sixth hour.
        if n % 4 != 0 {
            let employee = employees[usize::try_from(n / 2 % 3).unwrap()];
            if n % 2 == 0 {
                order = office.assign(&order, employee).await;
            }
        }
        let (application, principal) = (office.application, &office.principal);
        if n % 5 > 0 {
            order = office.schedule(&order).await;
        }
        if n % 5 > 2 && !order.assignments.is_empty() {
            order = application.start_order(principal, order.id, order.version).await.unwrap().order;
        }
        if n % 5 == 4 && order.status == Status::InProgress {
            order = application.complete_order(principal, order.id, order.version).await.unwrap().order;
        }
        if n % 7 == 0 && order.status.is_open() {
            order = application.cancel_order(principal, order.id, "rain", order.version).await.unwrap().order;
        }
        orders.push(order);
    }
    assert!(Status::ALL.iter().all(|status| orders.iter().any(|order| order.status == *status)));
    orders
}

fn holds(filter: &OrderFilter, order: &Order) -> bool {
    (filter.statuses.is_empty() || filter.statuses.contains(&order.status))
        && filter.starts_from.is_none_or(|from| order.starts_at >= from)
        && filter.starts_until.is_none_or(|until| order.starts_at < until)
        && filter.customer_id.is_none_or(|customer| order.customer_id == customer)
        && filter.employee_id.is_none_or(|employee| order.has(employee))
        && filter.needs_crew.is_none_or(|needs| order.needs_crew == needs)
}

#[tokio::test]
async fn every_combination_of_filters_finds_what_it_says_in_order() {
    let house = House::new().await;
    for n in 1..=3 {
        house.customer(n, 1).await;
    }
    let employees = [house.employee(101).await, house.employee(102).await, house.employee(103).await];
    let office = Office::of(&house);
    let orders = some_of_everything(&office, &employees).await;
    let statuses: [&[Status]; 4] = [&[], &[Status::Scheduled], &[Status::Completed, Status::Canceled], &Status::ALL];
    let times: [(Option<Timestamp>, Option<Timestamp>); 3] = [(None, None), (Some(hour(10)), Some(hour(30))), (Some(hour(12)), None)];
    let mut found_something = 0;
    for statuses in statuses {
        for (starts_from, starts_until) in times {
            for customer_id in [None, Some(id(2))] {
                for employee_id in [None, Some(employees[1])] {
                    for needs_crew in [None, Some(true), Some(false)] {
                        let filter =
                            OrderFilter { statuses: statuses.to_vec(), starts_from, starts_until, customer_id, employee_id, needs_crew };
                        let mut expected: Vec<_> = orders.iter().filter(|order| holds(&filter, order)).collect();
                        expected.sort_by_key(|order| (order.starts_at, order.id));
                        let expected: Vec<OrderId> = expected.into_iter().map(|order| order.id).collect();
                        found_something += usize::from(!expected.is_empty());
                        assert_eq!(office.all(&filter, Direction::Ascending, 7).await, expected, "{filter:?}");
                        let descending = expected.into_iter().rev().collect::<Vec<_>>();
                        assert_eq!(office.all(&filter, Direction::Descending, 100).await, descending, "{filter:?}");
                    }
                }
            }
        }
    }
    assert!(found_something > 60, "the filters find something to compare: {found_something}");
}

/// What others do between two pages.
#[derive(Debug, Clone)]
enum Write {
    Create { from: i64 },
    Cancel { nth: usize },
    Delete { nth: usize },
    Schedule { nth: usize },
}

fn any_write() -> impl Strategy<Value = Write> {
    prop_oneof![
        (0_i64..40).prop_map(|from| Write::Create { from }),
        (0_usize..40).prop_map(|nth| Write::Cancel { nth }),
        (0_usize..40).prop_map(|nth| Write::Delete { nth }),
        (0_usize..40).prop_map(|nth| Write::Schedule { nth }),
    ]
}

#[test]
fn no_order_comes_twice_or_is_missed_while_others_write() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let starts = proptest::collection::vec(0_i64..40, 1..40);
    let writes = proptest::collection::vec(proptest::collection::vec(any_write(), 0..4), 40);
    let mut runner = TestRunner::new(ProptestConfig { cases: 24, ..ProptestConfig::default() });
    let outcome = runner.run(&(starts, writes, 1_i32..10, any::<bool>()), |(starts, writes, size, descending)| {
        let direction = if descending { Direction::Descending } else { Direction::Ascending };
        runtime.block_on(walk_while_others_write(&starts, &writes, size, direction))
    });
    outcome.unwrap();
}

async fn walk_while_others_write(starts: &[i64], writes: &[Vec<Write>], size: i32, direction: Direction) -> Result<(), TestCaseError> {
    let house = House::new().await;
    house.customer(1, 1).await;
    let office = Office::of(&house);
    let mut orders = Vec::new();
    for from in starts {
        orders.push(office.create(id(1), *from).await);
    }
    let there_at_first: BTreeSet<OrderId> = orders.iter().map(|order| order.id).collect();
    let mut deleted = BTreeSet::new();
    let (mut seen, mut token) = (Vec::new(), String::new());
    for writes in writes.iter().chain(std::iter::repeat(&Vec::new())) {
        let page = office.list(OrderFilter::default(), direction, size, &token).await;
        token = page.next_page_token().unwrap_or_default();
        seen.extend(page.items.into_iter().map(|view| (*view.order.starts_at.get().unwrap(), view.order.id)));
        if token.is_empty() {
            break;
        }
        for write in writes {
            do_write(&office, &mut orders, &mut deleted, write).await;
        }
    }
    let ids: BTreeSet<OrderId> = seen.iter().map(|(_, id)| *id).collect();
    prop_assert_eq!(ids.len(), seen.len(), "twice");
    let missed: Vec<_> = there_at_first.difference(&ids).filter(|id| !deleted.contains(id)).collect();
    prop_assert!(missed.is_empty(), "missed {:?}", missed);
    let in_order = match direction {
        Direction::Ascending => seen.is_sorted(),
        Direction::Descending => seen.iter().rev().is_sorted(),
    };
    prop_assert!(in_order);
    Ok(())
}

async fn do_write(office: &Office<'_>, orders: &mut Vec<Order>, deleted: &mut BTreeSet<OrderId>, write: &Write) {
    let (application, principal) = (office.application, &office.principal);
    match *write {
        Write::Create { from } => orders.push(office.create(id(1), from).await),
        Write::Schedule { nth } if nth < orders.len() && orders[nth].status == Status::Draft => {
            orders[nth] = office.schedule(&orders[nth]).await;
        }
        Write::Cancel { nth } if nth < orders.len() && orders[nth].status.is_open() => {
            let order = &orders[nth];
            orders[nth] = application.cancel_order(principal, order.id, "rain", order.version).await.unwrap().order;
        }
        Write::Delete { nth } if nth < orders.len() && orders[nth].delete().is_ok() => {
            let order = orders.remove(nth);
            application.delete_order(principal, order.id, order.version).await.unwrap();
            deleted.insert(order.id);
        }
        Write::Schedule { .. } | Write::Cancel { .. } | Write::Delete { .. } => {}
    }
}

/// A house with that many orders, of ten customers, one in ten scheduled.
async fn crowded(count: u128) -> House {
    let house = House::on(Store::sqlite_in_memory(order::COLLECTIONS).await.unwrap());
    for n in 1..=10 {
        house.customer(n, 1).await;
    }
    let company = house.bed.store.company(house.bed.company);
    let customers: Vec<CustomerCopy> =
        company.get_many(&(1..=10).map(uuid::Uuid::from_u128).collect::<Vec<_>>()).await.unwrap().into_iter().flatten().collect();
    for batch in (0..count).collect::<Vec<_>>().chunks(500) {
        let mut transaction = company.transaction(&house.principal(Who::Admin).actor, hour(0));
        for n in batch {
            let customer = &customers[usize::try_from(n % 10).unwrap()];
            let place = customer.place(None, None).unwrap();
            let from = i64::try_from(*n).unwrap();
            let (mut order, _) = Order::take(id(n + 1), customer, place, new_order(from), || unreachable!("no items"), hour(0)).unwrap();
            if n % 10 == 3 {
                order.schedule(order.period(), &[], hour(0)).unwrap();
            }
            // What follows the draft is version 2; the store takes it as the first it sees.
            transaction.put(&order);
        }
        transaction.commit().await.unwrap();
    }
    house
}

#[tokio::test]
async fn a_page_costs_the_same_however_many_orders_there_are() {
    let mut costs = Vec::new();
    for count in [1_000, 20_000] {
        let house = crowded(count).await;
        let office = Office::of(&house);
        let filters = [
            OrderFilter::default(),
            OrderFilter { statuses: vec![Status::Scheduled], ..OrderFilter::default() },
            OrderFilter { statuses: vec![Status::Draft, Status::Scheduled], starts_from: Some(hour(300)), ..OrderFilter::default() },
            OrderFilter { customer_id: Some(id(3)), ..OrderFilter::default() },
            OrderFilter { customer_id: Some(id(4)), statuses: vec![Status::Scheduled], ..OrderFilter::default() },
            OrderFilter { needs_crew: Some(true), ..OrderFilter::default() },
            OrderFilter { needs_crew: Some(true), customer_id: Some(id(4)), ..OrderFilter::default() },
            OrderFilter { starts_from: Some(hour(500)), starts_until: Some(hour(600)), ..OrderFilter::default() },
            OrderFilter { employee_id: Some(id(101)), ..OrderFilter::default() },
        ];
        let mut examined = Vec::new();
        for filter in filters {
            for direction in [Direction::Ascending, Direction::Descending] {
                let before = house.bed.store.examined();
                let first = office.list(filter.clone(), direction, 20, "").await;
                if let Some(token) = first.next_page_token() {
                    office.list(filter.clone(), direction, 20, &token).await;
                }
                examined.push(house.bed.store.examined() - before);
            }
        }
        assert!(examined.iter().all(|rows| *rows <= 2 * (2 * 21 + 10)), "{examined:?}");
        costs.push(examined);
    }
    assert_eq!(costs[0], costs[1]);
}
