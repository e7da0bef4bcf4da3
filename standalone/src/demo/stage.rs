//! What the demo does with the services: find what a role names, or make it.

use std::{sync::Arc, time::Duration};

use auth::domain::{
    account::{Account, Status::Invited},
    secret::Secret,
};
use contracts::mask::Mask;
use customer::{
    application::SearchCustomers,
    domain::{CustomerInput, CustomerType, PropertyInput},
};
use employee::{
    application::SearchEmployees,
    domain::{Availability, Name, Profile, Skills},
};
use kernel::{
    Address, Currency, CustomerId, Decimal, EmailAddress, EmployeeId, Env, Error, Money, OrderId, PageSize, PhoneNumber, Principal,
    PropertyId, Result, Role, Timestamp, env::FixedClock,
};
use order::{
    application::{AssignEmployee, CreateOrder, ListOrders, OrderFilter, PlaceChoice, ScheduleOrder},
    domain::{Base, CrewSize, Discount, Extra, NewOrder, Order, Period, PriceTerms, ServiceType, Status},
};

use super::script::{CustomerRole, EmployeeRole, Fate, OrderRole, PriceRole, Script};
use crate::Applications;

/// How long events may take to reach those who wait for them.
const PATIENCE: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(20);

/// Where the demo takes place.
pub(super) struct Stage {
    pub(super) applications: Applications,
    pub(super) env: Env,
    pub(super) principal: Principal,
    /// The moment round which the demo takes place: that at which its admin was made.
    pub(super) as_of: Timestamp,
    /// Whether a part may be there already, from a start that was killed.
    again: bool,
}

/// So long the company had been there.
const AGE: Duration = Duration::from_secs(400 * 86_400);

/// A customer with their places.
pub(super) struct Client {
    id: CustomerId,
    properties: Vec<PropertyId>,
}

impl Stage {
    pub(super) fn new(applications: Applications, env: Env, principal: Principal) -> Self {
        Self { as_of: env.now(), applications, env, principal, again: false }
    }

    fn at(&self, time: Timestamp) -> Env {
        self.env.with_clock(Arc::new(FixedClock::new(time)))
    }

    /// The admin, with a password. Where there is one, the demo goes on as of when they were made.
    pub(super) async fn admin(&mut self, email: &str, password: &str) -> Result<Principal> {
        let auth = &self.applications.auth;
        let known = self.account_of(email).await?;
        self.again = known.is_some();
        // A start that was killed may have left the account without its password.
        let invitation = match known {
            None => Some(auth.create_first_admin(self.principal.company, email, "Agnese Kalna").await?),
            Some(account) if account.status == Invited => Some(auth.create_invitation(&self.principal, account.id).await?),
            Some(_) => None,
        };
        if let Some(invitation) = invitation {
            auth.accept_invitation(invitation.token.expose(), &Secret::new(password.to_owned())).await?;
        }
        let account = self.account_of(email).await?.ok_or_else(|| Error::not_found("account", email))?;
        self.as_of = account.created_at;
        let account = account.id;
        let actor = kernel::Actor::Account { account, employee: None };
        Ok(Principal { company: self.principal.company, actor, role: Role::Admin })
    }

    /// The account with that address. There are few accounts when the demo begins, and the address comes first.
    async fn account_of(&self, email: &str) -> Result<Option<Account>> {
        let list = auth::application::ListAccounts { page_size: PageSize::parse("", Some(PageSize::MAX))?, ..Default::default() };
        let page = self.applications.auth.list_accounts(&self.principal, list).await?;
        let found = page.items.iter().find(|record| record.account.email.get().is_some_and(|found| found.as_str() == email));
        match found {
            Some(record) => Ok(Some(self.applications.auth.get_account(&self.principal, record.account.id).await?.account)),
            None => Ok(None),
        }
    }

    /// The employee who is the manager.
    pub(super) async fn manager(&self, email: &str) -> Result<EmployeeId> {
        self.employee(&EmployeeRole {
            first_name: "Marta".to_owned(),
            last_name: "Vanaga".to_owned(),
            phone: "+37126000001".to_owned(),
            email: email.to_owned(),
            hourly_rate_cents: 1_600,
            skills: Vec::new(),
        })
        .await
    }

    pub(super) async fn employee(&self, role: &EmployeeRole) -> Result<EmployeeId> {
        let employees = self.applications.employee.with_env(self.at(self.as_of.minus(AGE)));
        if self.again {
            let search = SearchEmployees { text: role.email.clone(), filter: Default::default(), limit: None };
            if let Some(found) = employees.search_employees(&self.principal, &search, Mask::ALL).await?.employees.first() {
                return Ok(found.id);
            }
        }
        let profile = Profile {
            first_name: Name::parse("first_name", &role.first_name)?,
            last_name: Name::parse("last_name", &role.last_name)?,
            phone: PhoneNumber::parse("phone", &role.phone)?,
            email: Some(EmailAddress::parse("email", &role.email)?),
            hourly_rate: Some(money(role.hourly_rate_cents)),
            skills: Skills::parse("skills", &role.skills.iter().map(ToString::to_string).collect::<Vec<_>>())?,
            availability: Availability::default(),
        };
        Ok(employees.create_employee(&self.principal, profile).await?.id)
    }

    /// Whether all of it is there.
    pub(super) async fn is_complete(&self, script: &Script) -> Result<bool> {
        let Some(client) = self.known(&script.customers[script.last.customer]).await? else { return Ok(false) };
        let last = self.existing(&script.last, &client).await?;
        Ok(last.is_some_and(|order| order.status == Status::Completed))
    }

    /// The customer, where they are there already.
    async fn known(&self, role: &CustomerRole) -> Result<Option<Client>> {
        if !self.again {
            return Ok(None);
        }
        let customers = &self.applications.customer;
        let search = SearchCustomers { text: role.email.clone(), filter: Default::default(), limit: None };
        match customers.search_customers(&self.principal, &search, Mask::ALL).await?.customers.first() {
            Some(found) => Ok(Some(client(&customers.get_customer(&self.principal, found.customer.id).await?.customer))),
            None => Ok(None),
        }
    }

    pub(super) async fn customer(&self, role: &CustomerRole) -> Result<Client> {
        let customers = self.applications.customer.with_env(self.at(self.as_of.minus(AGE)));
        if let Some(client) = self.known(role).await? {
            return Ok(client);
        }
        let input = CustomerInput {
            kind: if role.organisation { CustomerType::Organisation } else { CustomerType::Person },
            name: role.name.clone(),
            registration_number: role.registration_number.clone(),
            phone: role.phone.clone(),
            email: role.email.clone(),
            properties: role
                .properties
                .iter()
                .map(|property| PropertyInput {
                    label: property.label.clone(),
                    address: Address {
                        street: property.street.clone(),
                        city: property.city.to_owned(),
                        postal_code: property.postal_code.clone(),
                        country_code: String::new(),
                    },
                    access_notes: property.access_notes.to_owned(),
                    area_m2: Some(property.area_m2.into()),
                })
                .collect(),
            contacts: Vec::new(),
        };
        let created = customers.create_customer(&self.principal, &input).await?;
        if let Some(note) = role.note {
            customers.add_note(&self.principal, created.customer.id, note).await?;
        }
        Ok(client(&created.customer))
    }

    /// Gives an employee's login a role and a password, once it has been provisioned.
    pub(super) async fn login(&self, admin: &Principal, employee: EmployeeId, role: Option<Role>, password: &str) -> Result<()> {
        let (auth, employees) = (&self.applications.auth, &self.applications.employee);
        let account =
            until(|| async { Ok(employees.get_employee(&self.principal, employee).await?.login.access().map(|access| access.account_id)) })
                .await?;
        let mut record = auth.get_account(admin, account).await?.account;
        if record.status != Invited {
            return Ok(());
        }
        if let Some(role) = role.filter(|role| *role != record.role) {
            record = auth.change_role(admin, account, role, record.version).await?.account;
        }
        let invitation = auth.create_invitation(admin, record.id).await?;
        auth.accept_invitation(invitation.token.expose(), &Secret::new(password.to_owned())).await?;
        Ok(())
    }

    /// Takes an order as far as its fate wants it.
    pub(super) async fn order(&self, role: &OrderRole, employees: &[EmployeeId], customers: &[Client]) -> Result<()> {
        let client = &customers[role.customer];
        let mut order = match self.existing(role, client).await? {
            Some(order) => order,
            None => self.take(role, client).await?,
        };
        if role.fate == Fate::Draft {
            return Ok(());
        }
        let crew: Vec<_> = role.crew.iter().map(|number| employees[*number]).collect();
        match self.lead(role, &mut order, &crew).await {
            // What somebody has changed since stays as they left it.
            Err(Error::Conflict { .. } | Error::FailedPrecondition { .. } | Error::NotFound { .. }) if self.again => Ok(()),
            other => other,
        }
    }

    /// The order, where it is there already.
    async fn existing(&self, role: &OrderRole, client: &Client) -> Result<Option<Order>> {
        if !self.again {
            return Ok(None);
        }
        let filter = OrderFilter {
            customer_id: Some(client.id),
            starts_from: Some(role.starts_at),
            starts_until: Some(role.starts_at.plus(Duration::from_secs(1))),
            ..OrderFilter::default()
        };
        let list = ListOrders { filter, ..ListOrders::default() };
        let page = self.applications.order.list_orders(&self.principal, list).await?;
        match page.items.first() {
            Some(found) => Ok(Some(self.applications.order.get_order(&self.principal, found.order.id).await?.order)),
            None => Ok(None),
        }
    }

    async fn take(&self, role: &OrderRole, client: &Client) -> Result<Order> {
        let base = match role.price {
            PriceRole::Fixed { cents } => Base::Fixed { price: money(cents) },
            PriceRole::PerHour { cents, hours } => Base::PerHour { rate: money(cents), hours: hours.into() },
            PriceRole::PerArea { cents } => Base::PerArea { rate: money(cents), area_m2: role.area_m2.into() },
        };
        let extra = role.extra.map(|(label, cents)| Extra { label: label.to_owned(), quantity: Decimal::ONE, unit_price: money(cents) });
        let discount = role.discount_percent.map(|percent| Discount::Percent { percent: percent.into() });
        let command = CreateOrder {
            customer_id: client.id,
            place: PlaceChoice { property_id: client.properties.get(role.property).copied(), address: None },
            order: NewOrder {
                service_type: if role.object_cleaning { ServiceType::ObjectCleaning } else { ServiceType::ServiceCleaning },
                period: Period::of_order(role.starts_at, role.ends_at)?,
                crew_size: CrewSize::new(i32::try_from(role.crew_size).unwrap_or(1))?,
                price_terms: PriceTerms::new(base, extra.into_iter().collect(), discount)?,
                client_comments: role.client_comments.to_owned(),
                checklist: role.checklist.iter().map(ToString::to_string).collect(),
            },
        };
        let orders = self.applications.order.with_env(self.at(role.ordered_at));
        Ok(once_heard(|| orders.create_order(&self.principal, command.clone())).await?.order)
    }

    /// From draft to its fate; steps that were done already are left out.
    async fn lead(&self, role: &OrderRole, order: &mut Order, crew: &[EmployeeId]) -> Result<()> {
        let orders = self.applications.order.with_env(self.at(role.ordered_at.plus(Duration::from_secs(600))));
        let (principal, id): (_, OrderId) = (&self.principal, order.id);
        if order.status == Status::Draft {
            let command = ScheduleOrder { id, version: order.version, starts_at: None, ends_at: None };
            *order = orders.schedule_order(principal, command).await?.order;
        }
        if order.status == Status::Scheduled {
            for employee in crew.iter().filter(|employee| !order.employee_ids.contains(employee)).copied().collect::<Vec<_>>() {
                let command = AssignEmployee { id, version: order.version, employee_id: employee, override_reason: String::new() };
                *order = once_heard(|| orders.assign_employee(principal, command.clone())).await?.order;
            }
        }
        if let Fate::Canceled(reason) = role.fate
            && order.status == Status::Scheduled
        {
            orders.cancel_order(principal, id, reason, order.version).await?;
        }
        let works = matches!(role.fate, Fate::InProgress | Fate::Completed);
        if works && order.status == Status::Scheduled {
            let orders = orders.with_env(self.at(role.starts_at));
            *order = orders.start_order(principal, id, order.version).await?.order;
        }
        if role.fate == Fate::Completed && order.status == Status::InProgress {
            let orders = orders.with_env(self.at(role.ends_at));
            orders.complete_order(principal, id, order.version).await?;
        }
        Ok(())
    }
}

/// Looks until something is found.
async fn until<T, F: Future<Output = Result<Option<T>>>>(look: impl Fn() -> F) -> Result<T> {
    let looking = async {
        loop {
            if let Some(found) = look().await? {
                return Ok(found);
            }
            tokio::time::sleep(POLL).await;
        }
    };
    tokio::time::timeout(PATIENCE, looking).await.map_err(|_| Error::Unavailable("an event that the demo waits for".into()))?
}

/// Repeats what the order service refuses because it has not heard of somebody yet.
async fn once_heard<T, F: Future<Output = Result<T>>>(act: impl Fn() -> F) -> Result<T> {
    until(|| async {
        match act().await {
            Err(Error::NotFound { .. }) => Ok(None),
            other => other.map(Some),
        }
    })
    .await
}

fn client(customer: &customer::domain::Customer) -> Client {
    Client { id: customer.id, properties: customer.properties.iter().map(|property| property.id).collect() }
}

fn money(cents: i64) -> Money {
    Money::rounded(Decimal::new(cents, 2), Currency::EUR)
}
