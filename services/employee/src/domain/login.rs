//! How it stands with an employee's login.
//!
//! The auth service decides on logins. What it has said is kept as [`LoginFacts`], apart from the employee: most of
//! it (an account took over a changed name) changes nothing that people see, and must not raise the version that
//! somebody is just editing. [`Login`] is what people see; it follows from the facts and the employee alone, so that
//! the order in which events arrive does not matter.

use kernel::{AccountId, EmailAddress, EmployeeId, Role};
use serde::{Deserialize, Serialize};

/// The state of a login, as people see it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Login {
    /// No account, and none is wanted: no email address, or no longer at work.
    #[default]
    None,
    /// It is being provisioned.
    Pending,
    /// There is an account.
    Provisioned(Access),
    /// The login, or a change of its email address, was refused.
    Refused {
        /// Why, as a code.
        refusal_reason: String,
        /// Why, for people.
        refusal_message: String,
        /// The account that there is nevertheless, with the earlier email address.
        #[serde(flatten)]
        access: Option<Access>,
    },
    /// The account is disabled.
    Disabled(Access),
}

/// What people see of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Access {
    /// The account.
    pub account_id: AccountId,
    /// What it may do.
    pub role: Role,
}

impl Login {
    /// The account, where there is one.
    #[must_use]
    pub fn access(&self) -> Option<Access> {
        match self {
            Self::None | Self::Pending => None,
            Self::Provisioned(access) | Self::Disabled(access) => Some(*access),
            Self::Refused { access, .. } => *access,
        }
    }

    /// The login after the auth service is asked again, because what it goes by has changed: an earlier refusal counts no
    /// more. Without an account one is awaited where `wanted`.
    #[must_use]
    pub fn asked_again(&self, wanted: bool) -> Self {
        match self {
            Self::Provisioned(_) | Self::Disabled(_) => self.clone(),
            Self::Refused { access: Some(access), .. } => Self::Provisioned(*access),
            Self::None | Self::Pending | Self::Refused { access: None, .. } if wanted => Self::Pending,
            Self::None | Self::Pending | Self::Refused { access: None, .. } => Self::None,
        }
    }
}

/// What the auth service has said about one employee's login.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoginFacts {
    /// The employee.
    pub id: EmployeeId,
    /// Rises with every change of the facts.
    pub version: u64,
    /// The account, as of the highest version heard of.
    pub account: Option<AccountFacts>,
    /// The refusal of the highest version of the employee heard of.
    pub refusal: Option<Refusal>,
}

/// An account, as the auth service told of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountFacts {
    /// The account.
    pub id: AccountId,
    /// Its version.
    pub version: u64,
    /// What it may do.
    pub role: Role,
    /// Its email address.
    pub email: String,
    /// Whether it can't be used.
    pub disabled: bool,
}

/// A refusal to provision a login, or to change its email address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// The employee's version that asked.
    pub employee_version: u64,
    /// Why, as a code.
    pub reason: String,
    /// Why, for people.
    pub message: String,
}

impl LoginFacts {
    /// Nothing was heard yet.
    #[must_use]
    pub fn none(id: EmployeeId) -> Self {
        Self { id, version: 0, account: None, refusal: None }
    }

    /// The facts after `account` was heard of; `None` where as much or more was known. A later account of the same
    /// employee, whose identifier is then greater, takes the place of an earlier one.
    #[must_use]
    pub fn with_account(&self, account: AccountFacts) -> Option<Self> {
        let known = self.account.as_ref().map(|known| (known.id, known.version));
        (known < Some((account.id, account.version))).then(|| Self { version: self.version + 1, account: Some(account), ..self.clone() })
    }

    /// The facts after `refusal` was heard of; `None` where a later one was known.
    #[must_use]
    pub fn with_refusal(&self, refusal: Refusal) -> Option<Self> {
        let known = self.refusal.as_ref().map_or(0, |known| known.employee_version);
        let news = refusal.employee_version >= known && self.refusal.as_ref() != Some(&refusal);
        news.then(|| Self { version: self.version + 1, refusal: Some(refusal), ..self.clone() })
    }

    /// The login of an employee who has this email address since they were at version `asked_in`.
    ///
    /// A refusal counts where it answers what was asked then or later, and the account doesn't have the address by now.
    #[must_use]
    pub fn login(&self, email: Option<&EmailAddress>, asked_in: u64, wanted: bool) -> Login {
        let has_email = |account: &AccountFacts| email.is_some_and(|email| email.as_str() == account.email);
        let refusal = self
            .refusal
            .as_ref()
            .filter(|refusal| refusal.employee_version >= asked_in)
            .filter(|_| !self.account.as_ref().is_some_and(has_email));
        let access = self.account.as_ref().map(|account| Access { account_id: account.id, role: account.role });
        match (access, refusal) {
            (Some(access), _) if self.account.as_ref().is_some_and(|account| account.disabled) => Login::Disabled(access),
            (access, Some(refusal)) => {
                Login::Refused { refusal_reason: refusal.reason.clone(), refusal_message: refusal.message.clone(), access }
            }
            (Some(access), None) => Login::Provisioned(access),
            (None, None) if wanted => Login::Pending,
            (None, None) => Login::None,
        }
    }
}

#[cfg(test)]
mod tests;
