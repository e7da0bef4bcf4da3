//! Who did something.

use contracts::{
    crm::api::v1,
    view::{Str, View, crm::api::v1 as view},
};

use super::{account::AccountsById, employee::EmployeesById, scalar::optional};
use crate::read::{Link, object};

/// Who did something: a person with an account, or a service on its own account.
pub(crate) struct Actor<'a>(view::Actor<&'a [u8]>);

impl<'a> Actor<'a> {
    /// The actor of a message; a message without one was made by nobody known.
    pub(crate) fn of(actor: Option<view::Actor<&'a [u8]>>) -> Self {
        Self(actor.unwrap_or_else(|| View::of(b"".as_slice())))
    }
}

/// Who did something: a person with an account, or a service on its own account.
#[object(part = v1::Actor)]
impl Actor<'_> {
    /// The account; null for a service, and for an account that the viewer may not see.
    fn account(&self) -> Link<AccountsById> {
        Link::to_optional(self.0.account_id())
    }

    /// The employee whose account it is; null where there is none, and where the viewer may not see them.
    fn employee(&self) -> Link<EmployeesById> {
        Link::to_optional(self.0.employee_id())
    }

    /// The service that acted on its own account: a reaction to an event or an operator's command.
    fn service(&self) -> Option<Str<'_>> {
        optional(self.0.service())
    }
}
