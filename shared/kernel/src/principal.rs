//! Who calls.

use serde::{Deserialize, Serialize};

use crate::{
    error::{Error, Result},
    id::{AccountId, CompanyId, EmployeeId},
};

/// What an account may do. The order is that of power.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Role {
    /// A cleaner: sees their own orders and what is needed to do them.
    Employee,
    /// The office: customers, employees, orders.
    Manager,
    /// Everything, including accounts, roles and deletion.
    Admin,
}

impl Role {
    /// The role's name as tokens and contracts write it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Employee => "EMPLOYEE",
            Self::Manager => "MANAGER",
            Self::Admin => "ADMIN",
        }
    }
}

/// Who did something, as history and events keep it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Actor {
    /// A person with an account.
    Account {
        /// The account.
        account: AccountId,
        /// The employee whose account it is; the first admin is none.
        employee: Option<EmployeeId>,
    },
    /// A service on its own account: a reaction to an event, a command of the operator.
    Service {
        /// The service's name.
        name: String,
    },
}

/// The authenticated caller of a use case.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Principal {
    /// The company in which the call takes place; nothing of another one can be reached.
    pub company: CompanyId,
    /// Who calls.
    pub actor: Actor,
    /// What they may do. A service has [`Role::Admin`] within its own data.
    pub role: Role,
}

impl Principal {
    /// The identity of a service for its own background work.
    #[must_use]
    pub fn service(company: CompanyId, name: &str) -> Self {
        Self { company, actor: Actor::Service { name: name.to_owned() }, role: Role::Admin }
    }

    /// The employee who calls, where it is one.
    #[must_use]
    pub fn employee(&self) -> Option<EmployeeId> {
        match self.actor {
            Actor::Account { employee, .. } => employee,
            Actor::Service { .. } => None,
        }
    }

    /// The account that calls, where it is one.
    #[must_use]
    pub fn account(&self) -> Option<AccountId> {
        match self.actor {
            Actor::Account { account, .. } => Some(account),
            Actor::Service { .. } => None,
        }
    }

    /// Whether the caller is of the office: a manager or an admin.
    #[must_use]
    pub fn is_office(&self) -> bool {
        self.role >= Role::Manager
    }

    /// Goes on only for `role` or a more powerful one.
    ///
    /// # Errors
    /// [`Error::PermissionDenied`].
    pub fn require(&self, role: Role) -> Result<()> {
        if self.role >= role {
            return Ok(());
        }
        Err(Error::PermissionDenied(format!("this needs the role {}", role.as_str()).into()))
    }
}
