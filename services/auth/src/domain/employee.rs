//! What is known of an employee, and what follows from it for their account.

use kernel::{AccountId, EmailAddress, EmployeeId};
use serde::{Deserialize, Serialize};

use super::account::{Account, Change, DisabledBy};

/// What the employee service says of an employee, as far as a login is concerned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// The employee's version of which this is true.
    pub version: u64,
    /// First and last name.
    pub name: String,
    /// With which they sign in; without one they have no login.
    pub email: Option<EmailAddress>,
    /// Whether they work for the company.
    pub active: bool,
}

impl Facts {
    /// The address under which the employee is to have a login now.
    #[must_use]
    pub fn login(&self) -> Option<&EmailAddress> {
        self.email.as_ref().filter(|_| self.active)
    }
}

/// The copy of an employee: the newest facts, and how it stands with the login. Events alone change it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Employee {
    /// The employee.
    pub id: EmployeeId,
    /// Rises by 1 with every change of the copy.
    pub version: u64,
    /// The newest facts; older ones that come late change nothing.
    pub facts: Facts,
    /// Their account, once there was one.
    pub account_id: Option<AccountId>,
    /// The address that was refused because another account has it. The employee gets it when it becomes free.
    pub awaited_email: Option<EmailAddress>,
}

impl Employee {
    /// The first that is heard of an employee.
    #[must_use]
    pub fn new(id: EmployeeId, facts: Facts) -> Self {
        Self { id, version: 1, facts, account_id: None, awaited_email: None }
    }

    /// The copy with other facts; its version is one more.
    #[must_use]
    pub fn with(&self, facts: Facts) -> Self {
        Self { version: self.version + 1, facts, ..self.clone() }
    }
}

/// What is to become of an employee's account, apart from its creation: `email` is the address that it can have.
pub fn follow(account: &Account, facts: &Facts, email: &EmailAddress) -> Vec<Change> {
    let mut changes: Vec<Change> = account.describe(email, &facts.name).into_iter().collect();
    let described = changes.last().map_or(account, |change| &change.account);
    let standing = if facts.login().is_some() { described.enable(DisabledBy::Employee) } else { described.disable(DisabledBy::Employee) };
    changes.extend(standing);
    changes
}

#[cfg(test)]
mod tests {
    use kernel::Role;

    use super::*;
    use crate::domain::account::{Event, Status, tests::active};

    fn facts(account: &Account) -> Facts {
        Facts { version: 1, name: account.name.clone(), email: Some(account.email.clone()), active: true }
    }

    fn events(changes: &[Change]) -> Vec<Option<Event>> {
        changes.iter().map(|change| change.event).collect()
    }

    #[test]
    fn an_account_that_agrees_with_the_facts_stays_as_it_is() {
        let account = active(1, Role::Employee);
        assert!(follow(&account, &facts(&account), &account.email).is_empty());
    }

    #[test]
    fn a_missed_event_is_made_up_for_by_the_next() {
        let account = active(1, Role::Employee);
        let facts = Facts { name: "Ilze Kalna".to_owned(), active: false, ..facts(&account) };
        let changes = follow(&account, &facts, &account.email);
        assert_eq!(events(&changes), [Some(Event::Updated), Some(Event::Disabled)]);
        assert_eq!((changes[1].account.version, changes[1].account.status), (account.version + 2, Status::Disabled));
    }

    #[test]
    fn who_has_no_address_has_no_login() {
        let account = active(1, Role::Employee);
        let without = Facts { email: None, ..facts(&account) };
        let disabled = follow(&account, &without, &account.email).pop().unwrap().account;
        assert_eq!(disabled.disabled_by, Some(DisabledBy::Employee));
        assert_eq!(events(&follow(&disabled, &facts(&account), &account.email)), [Some(Event::Enabled)]);
    }

    #[test]
    fn a_return_does_not_undo_what_an_admin_decided() {
        let account = active(1, Role::Employee).disable(DisabledBy::Admin).unwrap().account;
        assert!(follow(&account, &facts(&account), &account.email).is_empty());
    }
}
