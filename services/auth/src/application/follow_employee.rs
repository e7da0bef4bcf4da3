//! Logins follow employees.

use std::collections::{BTreeSet, VecDeque};

use kernel::{AccountId, CompanyId, EmailAddress, EmployeeId, Error, EventId, Principal, Result, Role};
use runtime::retry::retry_contended;
use store::{CompanyStore, Query, Transaction};

use super::{Application, Known};
use crate::{
    documents::UNIQUE_EMAIL,
    domain::{
        account::{Account, Change},
        admins::Admins,
        employee::{Employee, Facts, follow},
    },
    publishing,
};

/// What is under way in one transaction.
struct Following<'a> {
    company: &'a CompanyStore,
    principal: &'a Principal,
    transaction: Transaction,
    /// The company's admins, as this transaction leaves them.
    admins: Admins,
    /// Addresses that this transaction takes from an account, and that no other has taken over in it.
    freed: BTreeSet<EmailAddress>,
    /// Whose turn has been.
    done: BTreeSet<EmployeeId>,
}

impl Application {
    /// Brings the login of an employee to what `facts` say, with the mark that `consumer` received the event `cause`. Facts
    /// that are not newer than what is known change nothing. For the service itself.
    ///
    /// An employee who works for the company and has an address has an account; it has their name and address, and is disabled
    /// when they leave. An address that another account has is refused, which is an event too; the employee gets it as soon
    /// as it becomes free, so that the order in which events of different employees arrive makes no difference.
    ///
    /// # Errors
    /// [`Error::Unavailable`]: later it may go better.
    pub(crate) async fn follow_employee(
        &self,
        company: CompanyId,
        id: EmployeeId,
        facts: &Facts,
        consumer: &'static str,
        cause: EventId,
    ) -> Result<()> {
        retry_contended("the logins", async || self.follow(company, id, facts, consumer, cause).await).await
    }

    async fn follow(&self, company: CompanyId, id: EmployeeId, facts: &Facts, consumer: &'static str, cause: EventId) -> Result<()> {
        let (company, principal) = (self.store.company(company), Self::service(company));
        let known = company.get::<Employee>(id.uuid()).await?;
        if !events::newer(known.as_ref().map(|known| known.facts.version), facts.version) {
            return Ok(());
        }
        let mut transaction = company.transaction(&principal.actor, self.env.now());
        transaction.received(consumer, cause);
        let admins = self.admins(&company).await?;
        let mut following =
            Following { company: &company, principal: &principal, transaction, admins, freed: BTreeSet::new(), done: BTreeSet::new() };

        let mut turns = VecDeque::from([match known {
            None => (None, Employee::new(id, facts.clone())),
            Some(known) => (Some(known.clone()), known.with(facts.clone())),
        }]);
        while let Some((known, employee)) = turns.pop_front() {
            following.done.insert(employee.id);
            let Some(freed) = self.settle(&mut following, known.as_ref(), employee).await? else { continue };
            following.freed.insert(freed.clone());
            let awaiting = Query::by("id").eq("awaited_email", freed.as_str()).page(Query::MAX_PAGE_SIZE, None);
            let waiting = company.find::<Employee>(&awaiting).await?.items.into_iter().find(|next| !following.done.contains(&next.id));
            turns.extend(waiting.map(|next| (Some(next.clone()), next.with(next.facts.clone()))));
        }
        match following.transaction.commit().await {
            Ok(()) | Err(store::Error::AlreadyReceived) => Ok(()),
            // Somebody took the address at this moment: the next attempt finds it taken.
            Err(store::Error::Taken { .. }) => Err(Error::Conflict { resource: "account".into(), id: String::new(), current_version: 0 }),
            Err(error) => Err(error.into()),
        }
    }

    /// Adds what becomes of one employee's account. Returns the address that its account gave up.
    async fn settle(
        &self,
        following: &mut Following<'_>,
        known: Option<&Employee>,
        mut employee: Employee,
    ) -> Result<Option<EmailAddress>> {
        let account = match employee.account_id {
            Some(account) => following.company.get::<Account>(account.uuid()).await?,
            None => None,
        };
        let wanted = match &account {
            Some(account) => employee.facts.email.clone().filter(|email| *email != account.email),
            None => employee.facts.login().cloned(),
        };
        let holder = match &wanted {
            Some(email) => self.holder(following, email, account.as_ref().map(|account| account.id)).await?,
            None => None,
        };
        let taken = holder.is_some();
        if let (Some(email), Some(holder), Some(other)) = (&wanted, &holder, holder.as_ref().and_then(|holder| holder.employee_id)) {
            self.meet(following, other).await?;
            // Only from the meeting on nothing can happen unseen: it may have been given up just before.
            let still = self.holder(following, email, account.as_ref().map(|account| account.id)).await?;
            if still.is_none_or(|still| still.id != holder.id) {
                return Err(Error::Conflict { resource: "account".into(), id: holder.id.to_string(), current_version: 0 });
            }
        }
        if let Some(email) = wanted.as_ref().filter(|_| taken) {
            let refused = publishing::provision_refused(&self.env, following.principal, &employee, email);
            following.transaction.publish(refused);
            tracing::info!(employee = %employee.id, "an employee was refused a login: the address is taken");
        }
        employee.awaited_email = wanted.clone().filter(|_| taken);
        let granted = wanted.filter(|_| !taken);

        let freed = match &account {
            Some(account) => self.adapt(following, known, &employee, account, granted.clone()).await?,
            None => {
                if let Some(email) = granted.clone() {
                    let created = self.create(&employee, email);
                    employee.account_id = Some(created.account.id);
                    self.keep(&mut following.transaction, following.principal, None, vec![created], Known::default()).await?;
                }
                None
            }
        };
        if let Some(email) = &granted {
            following.freed.remove(email);
        }
        match known {
            None => following.transaction.insert(&employee),
            Some(known) => following.transaction.update(known, &employee),
        };
        Ok(freed)
    }

    fn create(&self, employee: &Employee, email: EmailAddress) -> Change {
        Account::create(self.env.new_id(), email, employee.facts.name.clone(), Role::Employee, Some(employee.id), self.env.now())
    }

    /// Brings an account to what is known of its employee. Returns the address that it gave up for `email`.
    async fn adapt(
        &self,
        following: &mut Following<'_>,
        known: Option<&Employee>,
        employee: &Employee,
        account: &Account,
        email: Option<EmailAddress>,
    ) -> Result<Option<EmailAddress>> {
        let freed = email.is_some().then(|| account.email.clone());
        let email = email.unwrap_or_else(|| account.email.clone());
        let mut changes = follow(account, &employee.facts, &email);
        let was_refused = known.is_some_and(|known| known.awaited_email.is_some());
        if changes.is_empty() && was_refused && employee.awaited_email.is_none() {
            // The refusal was the last that others heard.
            changes.push(account.confirm());
        }
        if changes.is_empty() {
            return Ok(freed);
        }
        let Following { transaction, principal, admins, .. } = following;
        match self.keep(transaction, principal, Some(account), changes, Known { admins: Some(&mut *admins), session: None }).await {
            Err(Error::FailedPrecondition { reason, .. }) if reason == "LAST_ADMIN" => {
                tracing::warn!(account = %account.id, employee = %employee.id, "an employee left whose account is the last admin's: it stays enabled");
                let described = account.describe(&email, &employee.facts.name).into_iter().collect();
                self.keep(transaction, principal, Some(account), described, Known { admins: Some(admins), session: None }).await?;
            }
            outcome => drop(outcome?),
        }
        Ok(freed)
    }

    /// The account other than `own` that has the address when this transaction is done.
    async fn holder(&self, following: &Following<'_>, email: &EmailAddress, own: Option<AccountId>) -> Result<Option<Account>> {
        if following.freed.contains(email) {
            return Ok(None);
        }
        let holder = following.company.find_one::<Account>(UNIQUE_EMAIL, email.as_str()).await?;
        Ok(holder.filter(|holder| Some(holder.id) != own))
    }

    /// Makes this transaction and one that changes the login of `other` exclude each other, so that an address is not given up
    /// unseen by who begins to wait for it.
    async fn meet(&self, following: &mut Following<'_>, other: EmployeeId) -> Result<()> {
        if following.done.insert(other)
            && let Some(other) = following.company.get::<Employee>(other.uuid()).await?
        {
            following.transaction.update(&other, &other.with(other.facts.clone()));
        }
        Ok(())
    }
}
