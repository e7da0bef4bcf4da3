//! Who keeps the company from being without an admin.

use std::collections::BTreeSet;

use kernel::{AccountId, CompanyId, Error, Result, Role};
use serde::{Deserialize, Serialize};

use super::account::{Account, Status};

/// The company's admins: one document, which every change of an admin's account changes in the same transaction. So of two
/// admins who demote each other at once exactly one gets through, and so it is with two first admins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Admins {
    /// The company; it has one such document.
    pub id: CompanyId,
    /// Rises by 1 with every change; 0 where nobody ever was an admin.
    pub version: u64,
    /// Those who can sign in. Once there is one there always is.
    pub active: BTreeSet<AccountId>,
    /// Those who have not set their first password.
    pub invited: BTreeSet<AccountId>,
}

impl Admins {
    /// Nobody yet.
    #[must_use]
    pub fn none(company: CompanyId) -> Self {
        Self { id: company, version: 0, active: BTreeSet::new(), invited: BTreeSet::new() }
    }

    /// Whether a change of `account` from `before` (`None`: it is new) concerns the admins.
    #[must_use]
    pub fn concerns(before: Option<&Account>, account: &Account) -> bool {
        let standing = |account: &Account| (account.role == Role::Admin).then_some(account.status);
        before.and_then(standing) != standing(account)
    }

    /// The admins after `account` has become what it is.
    ///
    /// # Errors
    /// [`Error::FailedPrecondition`] `LAST_ADMIN` where nobody would be left who can sign in as an admin.
    pub fn with(&self, account: &Account) -> Result<Self> {
        let mut admins = self.clone();
        admins.version += 1;
        admins.active.remove(&account.id);
        admins.invited.remove(&account.id);
        match (account.role, account.status) {
            (Role::Admin, Status::Active) => admins.active.insert(account.id),
            (Role::Admin, Status::Invited) => admins.invited.insert(account.id),
            _ => false,
        };
        if admins.active.is_empty() && !self.active.is_empty() {
            return Err(Error::failed_precondition(
                "LAST_ADMIN",
                "account_id",
                "is the last admin who can sign in; make somebody else an admin first",
            ));
        }
        Ok(admins)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::domain::account::{
        DisabledBy,
        tests::{active, invited},
    };

    fn admins(accounts: &[&Account]) -> Admins {
        accounts.iter().fold(Admins::none(CompanyId::from_uuid(Uuid::nil())), |admins, account| admins.with(account).unwrap())
    }

    #[test]
    fn the_last_admin_who_can_sign_in_stays_one() {
        let (anna, ben) = (active(1, Role::Admin), invited(2, Role::Admin));
        let both = admins(&[&anna, &ben]);
        for lost in [anna.change_role(Role::Manager), anna.disable(DisabledBy::Admin), anna.disable(DisabledBy::Employee)] {
            let error = both.with(&lost.unwrap().account).unwrap_err();
            assert!(matches!(error, Error::FailedPrecondition { reason, .. } if reason == "LAST_ADMIN"));
        }
    }

    #[test]
    fn an_admin_goes_when_another_can_sign_in() {
        let (anna, ben) = (active(1, Role::Admin), active(2, Role::Admin));
        let left = admins(&[&anna, &ben]).with(&anna.change_role(Role::Employee).unwrap().account).unwrap();
        assert_eq!(left.active, BTreeSet::from([ben.id]));
    }

    #[test]
    fn only_changes_of_an_admins_standing_concern_the_admins() {
        let (manager, admin) = (active(1, Role::Manager), active(2, Role::Admin));
        let renamed = admin.describe(&admin.email, "Anna").unwrap().account;
        assert!(!Admins::concerns(Some(&admin), &renamed));
        assert!(!Admins::concerns(None, &manager));
        assert!(!Admins::concerns(Some(&manager), &manager.disable(DisabledBy::Admin).unwrap().account));
        assert!(Admins::concerns(None, &invited(3, Role::Admin)));
        assert!(Admins::concerns(Some(&manager), &manager.change_role(Role::Admin).unwrap().account));
        assert!(Admins::concerns(Some(&admin), &admin.disable(DisabledBy::Admin).unwrap().account));
    }
}
