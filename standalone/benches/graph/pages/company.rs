//! A company with any number of orders, put into the store many at a time.

use std::time::Duration;

use futures::{TryStreamExt as _, stream};
use kernel::{Address, CompanyId, Currency, CustomerId, Decimal, EmployeeId, Env, Money, Principal, Timestamp};
use order::domain::{
    Agenda, Base, CrewSize, CustomerCopy, CustomerFacts, CustomerStatus, EmployeeCopy, EmployeeFacts, NewOrder, Order, Period, PriceTerms,
    ServiceType,
};
use rand::{Rng as _, SeedableRng as _, seq::IndexedRandom as _};
use rand_chacha::ChaCha8Rng;
use store::Store;

const CUSTOMERS: usize = 100;
const EMPLOYEES: usize = 40;
/// Orders of one transaction, and transactions under way: one is being written while the next is made.
const BATCH: (usize, usize) = (500, 3);
/// A transaction of that many orders may take longer than one of a use case.
const PATIENCE: Duration = Duration::from_secs(60);
/// The time over which the orders are spread, and how much of it is over.
const DAYS: u64 = 425;
const PAST: f64 = 0.86;
const HOUR: Duration = Duration::from_secs(3_600);

/// Who is in the company.
pub(super) struct Company {
    pub(super) principal: Principal,
    env: Env,
    customers: Vec<CustomerCopy>,
    employees: Vec<EmployeeCopy>,
}

impl Company {
    /// Fills a store with that many orders.
    pub(super) async fn fill(store: &Store, orders: usize) -> anyhow::Result<Self> {
        let (company, store) = (Self::new(), store.clone().with_deadline(PATIENCE));
        store.add_company(company.principal.company).await?;
        let (handle, mut chance) = (store.company(company.principal.company), ChaCha8Rng::seed_from_u64(20_010_704));
        let batches = (0..orders).step_by(BATCH.0).map(|first| {
            let mut transaction = handle.transaction(&company.principal.actor, Timestamp::EPOCH);
            for number in first..(first + BATCH.0).min(orders) {
                // Without history: lists don't read it.
                transaction.put(&company.order(&mut chance, number as f64 / orders as f64)?);
            }
            anyhow::Ok(transaction)
        });
        let commits = stream::iter(batches).map_ok(|transaction| async { Ok(transaction.commit().await?) });
        commits.try_buffer_unordered(BATCH.1).try_collect::<()>().await?;
        Ok(company)
    }

    fn new() -> Self {
        let env = Env::system();
        let customer = |number| CustomerFacts {
            status: CustomerStatus::Active,
            name: format!("Customer {number}"),
            phone: format!("+371290{number:05}"),
            properties: Vec::new(),
        };
        let employee = |number| EmployeeFacts { name: format!("Employee {number}"), active: true, time_off: Vec::new() };
        let id = || env.random_uuid();
        Self {
            principal: Principal::service(CompanyId::from_uuid(id()), "bench"),
            customers: (0..CUSTOMERS).map(|number| CustomerCopy::first(id(), 1, Timestamp::EPOCH, customer(number))).collect(),
            employees: (0..EMPLOYEES).map(|number| EmployeeCopy::first(id(), 1, Timestamp::EPOCH, employee(number))).collect(),
            env,
        }
    }

    /// One of its customers.
    pub(super) fn customer(&self) -> CustomerId {
        self.customers[0].id()
    }

    /// One of its employees.
    pub(super) fn employee(&self) -> EmployeeId {
        self.employees[0].id()
    }

    /// The order that begins when `share` of the time has gone by, as far as it has come.
    fn order(&self, chance: &mut ChaCha8Rng, share: f64) -> kernel::Result<Order> {
        let starts_at = Timestamp::EPOCH.plus(Duration::from_secs(DAYS * 86_400).mul_f64(share));
        let period = Period::of_order(starts_at, starts_at.plus(2 * HOUR))?;
        let crew_size = chance.random_range(1..=3);
        let customer = self.customers.choose(chance).unwrap_or(&self.customers[0]);
        let address = Address {
            street: format!("Brīvības iela {}", chance.random_range(1..200)),
            city: "Rīga".to_owned(),
            postal_code: "LV-1010".to_owned(),
            country_code: "LV".to_owned(),
        };
        let price = Money::rounded(Decimal::new(chance.random_range(4_000..20_000), 2), Currency::EUR);
        let new = NewOrder {
            service_type: ServiceType::ServiceCleaning,
            period,
            crew_size: CrewSize::new(crew_size)?,
            price_terms: PriceTerms::new(Base::Fixed { price }, Vec::new(), None)?,
            client_comments: "Please ring twice.".to_owned(),
            checklist: vec!["Kitchen".to_owned(), "Bathroom".to_owned(), "Windows".to_owned()],
        };
        let place = customer.place(None, Some(address))?;
        let (mut order, _) = Order::take(self.env.new_id(), customer, place, new, || self.env.new_id(), starts_at)?;
        let past = share < PAST;
        let fate = chance.random_range(0..100);
        if !past && fate < 8 {
            return Ok(order);
        }
        order.schedule(period, &[], starts_at)?;
        let missing = usize::from(!past && chance.random_ratio(1, 8));
        for employee in self.employees.choose_multiple(chance, order.crew_size.people() - missing) {
            // They may be at two places at once here: it makes no difference to lists.
            order.assign(Agenda { employee, orders: &[] }, "", starts_at)?;
        }
        if fate >= 93 {
            order.cancel("The customer is away.", &self.principal.actor, starts_at)?;
        } else if past {
            order.start(starts_at)?;
            order.complete(period.ends_at())?;
        }
        Ok(order)
    }
}
