//! A company with any number of customers and orders, put into the stores many at a time.

use std::time::Duration;

use customer::domain::{Customer, CustomerInput, CustomerType, PropertyInput};
use futures::{TryStreamExt as _, stream};
use kernel::{Address, CompanyId, Currency, CustomerId, Decimal, EmployeeId, Env, Money, Principal, Timestamp};
use order::domain::{
    Agenda, Base, CrewSize, CustomerCopy, CustomerFacts, CustomerStatus, EmployeeCopy, EmployeeFacts, NewOrder, Order, Period, PriceTerms,
    ServiceType,
};
use rand::{Rng as _, SeedableRng as _, seq::IndexedRandom as _};
use rand_chacha::ChaCha8Rng;
use store::{Document, Store};

const EMPLOYEES: usize = 40;
/// The share of the orders that are of the first customer, so that one list of a customer is long.
const FIRST_CUSTOMER: f64 = 0.15;
/// Orders of one transaction, and transactions under way: one is being written while the next is made.
const BATCH: (usize, usize) = (500, 3);
/// A transaction of that many orders may take longer than one of a use case.
const PATIENCE: Duration = Duration::from_secs(60);
/// The time over which the orders are spread, and how much of it is over.
const DAYS: u64 = 425;
const PAST: f64 = 0.86;
const HOUR: Duration = Duration::from_secs(3_600);

/// First names and family names; together they are as rare and as common as in life.
const FIRST_NAMES: [&str; 12] =
    ["Anna", "Jānis", "Kristīne", "Andris", "Ilze", "Mārtiņš", "Līga", "Edgars", "Ольга", "Сергей", "Zane", "Artūrs"];
const FAMILY_NAMES: [&str; 12] =
    ["Bērziņš", "Kalniņa", "Ozols", "Liepiņa", "Krūmiņš", "Иванов", "Balode", "Zariņš", "Petrova", "Vītols", "Eglīte", "Krastiņš"];

/// Who is in the company.
pub(crate) struct Company {
    pub(crate) principal: Principal,
    env: Env,
    customers: Vec<CustomerCopy>,
    employees: Vec<EmployeeCopy>,
}

impl Company {
    /// Fills a store with that many orders of the company's customers.
    pub(crate) async fn fill_orders(&self, store: &Store, orders: usize) -> anyhow::Result<()> {
        let mut chance = ChaCha8Rng::seed_from_u64(20_010_704);
        self.fill(store, orders, |number| Ok(self.order(&mut chance, number as f64 / orders as f64)?)).await
    }

    /// Fills a store with that many customers. Returns the identifiers of the first hundred.
    pub(crate) async fn fill_customers(&self, store: &Store, customers: usize) -> anyhow::Result<Vec<CustomerId>> {
        let mut first = Vec::new();
        self.fill(store, customers, |number| {
            let customer = self.registered(number)?;
            if first.len() < 100 {
                first.push(customer.id);
            }
            Ok(customer)
        })
        .await?;
        Ok(first)
    }

    async fn fill<D: Document>(
        &self,
        store: &Store,
        documents: usize,
        mut make: impl FnMut(usize) -> anyhow::Result<D>,
    ) -> anyhow::Result<()> {
        let store = store.clone().with_deadline(PATIENCE);
        store.add_company(self.principal.company).await?;
        let handle = store.company(self.principal.company);
        let batches = (0..documents).step_by(BATCH.0).map(|first| {
            let mut transaction = handle.transaction(&self.principal.actor, Timestamp::EPOCH);
            for number in first..(first + BATCH.0).min(documents) {
                // Without history: nothing that is measured reads it.
                transaction.put(&make(number)?);
            }
            anyhow::Ok(transaction)
        });
        let commits = stream::iter(batches).map_ok(|transaction| async { Ok(transaction.commit().await?) });
        commits.try_buffer_unordered(BATCH.1).try_collect::<()>().await
    }

    /// A company with that many customers.
    pub(crate) fn new(customers: usize) -> Self {
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
            customers: (0..customers).map(|number| CustomerCopy::first(id(), 1, Timestamp::EPOCH, customer(number))).collect(),
            employees: (0..EMPLOYEES).map(|number| EmployeeCopy::first(id(), 1, Timestamp::EPOCH, employee(number))).collect(),
            env,
        }
    }

    /// One of its customers.
    pub(crate) fn customer(&self) -> CustomerId {
        self.customers[0].id()
    }

    /// The customer of that number, counted round.
    pub(crate) fn customer_of(&self, number: u64) -> CustomerId {
        self.customers[number as usize % self.customers.len()].id()
    }

    /// One of its employees.
    pub(crate) fn employee(&self) -> EmployeeId {
        self.employees[0].id()
    }

    /// All of its employees.
    pub(crate) fn employees(&self) -> Vec<EmployeeId> {
        self.employees.iter().map(EmployeeCopy::id).collect()
    }

    /// What is known of its customers and employees where orders are.
    pub(crate) async fn introduce(&self, store: &Store) -> anyhow::Result<()> {
        self.fill(store, self.customers.len(), |number| Ok(self.customers[number].clone())).await?;
        self.fill(store, self.employees.len(), |number| Ok(self.employees[number].clone())).await
    }

    /// What an order is like that is taken now.
    pub(crate) fn new_order(starts_at: Timestamp, crew_size: i32, price: Money) -> kernel::Result<NewOrder> {
        Ok(NewOrder {
            service_type: ServiceType::ServiceCleaning,
            period: Period::of_order(starts_at, starts_at.plus(2 * HOUR))?,
            crew_size: CrewSize::new(crew_size)?,
            price_terms: PriceTerms::new(Base::Fixed { price }, Vec::new(), None)?,
            client_comments: "Please ring twice.".to_owned(),
            checklist: vec!["Kitchen".to_owned(), "Bathroom".to_owned(), "Windows".to_owned()],
        })
    }

    /// A customer as the customer service keeps them.
    fn registered(&self, number: usize) -> kernel::Result<Customer> {
        Ok(Customer::create(&self.env, &self.input(number))?.customer)
    }

    /// A customer as the office tells of them.
    pub(crate) fn input(&self, number: usize) -> CustomerInput {
        let organisation = number.is_multiple_of(10);
        let name = match organisation {
            true => format!("SIA {} {number}", FAMILY_NAMES[number / 10 % FAMILY_NAMES.len()]),
            false => format!("{} {} {number}", FIRST_NAMES[number % FIRST_NAMES.len()], FAMILY_NAMES[number / 12 % FAMILY_NAMES.len()]),
        };
        let property =
            PropertyInput { label: "Home".to_owned(), address: address(number % 200 + 1), access_notes: String::new(), area_m2: None };
        CustomerInput {
            kind: if organisation { CustomerType::Organisation } else { CustomerType::Person },
            name,
            registration_number: String::new(),
            phone: format!("+3712{:07}", number % 10_000_000),
            email: String::new(),
            properties: vec![property],
            contacts: Vec::new(),
        }
    }

    /// The order that begins when `share` of the time has gone by, as far as it has come.
    fn order(&self, chance: &mut ChaCha8Rng, share: f64) -> kernel::Result<Order> {
        let starts_at = Timestamp::EPOCH.plus(Duration::from_secs(DAYS * 86_400).mul_f64(share));
        let price = Money::rounded(Decimal::new(chance.random_range(4_000..20_000), 2), Currency::EUR);
        let new = Self::new_order(starts_at, chance.random_range(1..=3), price)?;
        let period = new.period;
        let first = chance.random_bool(FIRST_CUSTOMER);
        let customer = if first { None } else { self.customers.choose(chance) }.unwrap_or(&self.customers[0]);
        let place = customer.place(None, Some(address(chance.random_range(1..200))))?;
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

fn address(number: usize) -> Address {
    Address {
        street: format!("Brīvības iela {number}"),
        city: "Rīga".to_owned(),
        postal_code: "LV-1010".to_owned(),
        country_code: "LV".to_owned(),
    }
}
