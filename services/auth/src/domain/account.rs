//! The login of a person.

use std::time::Duration;

use kernel::{AccountId, Actor, CompanyId, EmailAddress, EmployeeId, Error, Principal, Result, Role, Timestamp};
use serde::{Deserialize, Serialize};

use super::{secret::Secret, token::Digest};

/// How long an invitation can be accepted.
pub const INVITATION_LIFE: Duration = Duration::from_hours(24);

/// The longest name, in characters: an employee's first and last name of 100 each and the blank between.
pub const MAX_NAME: usize = 201;

/// An account. Its serialized form is the stored document; `email` is unique within the company, and so is `employee_id`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Account {
    /// The account's identifier.
    pub id: AccountId,
    /// Rises by 1 with every change.
    pub version: u64,
    /// With which the person signs in.
    pub email: EmailAddress,
    /// The person's name.
    pub name: String,
    /// What the account may do.
    pub role: Role,
    /// Whether it can be used.
    pub status: Status,
    /// Why it is disabled; `None` where it isn't.
    pub disabled_by: Option<DisabledBy>,
    /// The employee whose account it is; the first admin's is nobody's.
    pub employee_id: Option<EmployeeId>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When the password was last set.
    pub password_changed_at: Option<Timestamp>,
    /// Until when the open invitation can be accepted.
    pub invitation_expires_at: Option<Timestamp>,
    /// What is kept of the open invitation. Not in history.
    pub invitation: Option<Digest>,
    /// The password's hash as a PHC string. Not in history.
    pub password_hash: Option<Secret>,
    /// Sessions of another epoch have ended: raising it ends them all, however many there are and whatever they do at
    /// this moment. Not in history.
    pub session_epoch: u64,
}

/// Whether an account can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Status {
    /// It waits for its first password.
    Invited,
    /// It can be used.
    Active,
    /// It can't be used.
    Disabled,
}

impl Status {
    /// The name as the contracts write it, and as the store has it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Invited => "INVITED",
            Self::Active => "ACTIVE",
            Self::Disabled => "DISABLED",
        }
    }
}

/// Why an account is disabled, which says what enables it again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum DisabledBy {
    /// An admin decided it, and only an admin takes it back.
    Admin,
    /// The employee left or has no email address any more; it ends when that does.
    Employee,
}

/// What happened to an account, for others to hear.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// It was created.
    Created,
    /// Its email address, name or status changed otherwise.
    Updated,
    /// It was disabled.
    Disabled,
    /// It was enabled.
    Enabled,
    /// Its role changed.
    RoleChanged,
}

/// A change of an account: the account after it, and the event that tells of it, where others need to hear.
#[derive(Debug, Clone, PartialEq)]
#[must_use = "a change that is not stored has not happened"]
pub struct Change {
    /// The account after the change.
    pub account: Account,
    /// What others are told.
    pub event: Option<Event>,
}

/// Why a known account can't sign in, whatever the password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unusable {
    /// It is disabled.
    Disabled,
    /// It has no password yet.
    Invited,
}

impl Account {
    /// A new account that waits for its first password.
    pub fn create(id: AccountId, email: EmailAddress, name: String, role: Role, employee_id: Option<EmployeeId>, now: Timestamp) -> Change {
        let account = Self {
            id,
            version: 1,
            email,
            name,
            role,
            status: Status::Invited,
            disabled_by: None,
            employee_id,
            created_at: now,
            password_changed_at: None,
            invitation_expires_at: None,
            invitation: None,
            password_hash: None,
            session_epoch: 1,
        };
        Change { account, event: Some(Event::Created) }
    }

    /// The person of the account as the caller of use cases.
    #[must_use]
    pub fn principal(&self, company: CompanyId) -> Principal {
        Principal { company, actor: Actor::Account { account: self.id, employee: self.employee_id }, role: self.role }
    }

    /// Whether it can be used, also by its sessions.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.status == Status::Active
    }

    /// The hash that a password is checked against.
    ///
    /// # Errors
    /// Why no password is right.
    pub fn password_hash(&self) -> Result<&Secret, Unusable> {
        match (self.status, &self.password_hash) {
            (Status::Active, Some(hash)) => Ok(hash),
            (Status::Disabled, _) => Err(Unusable::Disabled),
            (Status::Active | Status::Invited, _) => Err(Unusable::Invited),
        }
    }

    /// Takes over an email address and a name; `None` where it has them.
    pub fn describe(&self, email: &EmailAddress, name: &str) -> Option<Change> {
        let differs = self.email != *email || self.name != name;
        differs.then(|| {
            self.change(Some(Event::Updated), |it| {
                it.email = email.clone();
                it.name = name.to_owned();
            })
        })
    }

    /// Leaves it as it is and says so again: others may have heard otherwise in between.
    pub fn confirm(&self) -> Change {
        self.change(Some(Event::Updated), |_| ())
    }

    /// Gives it another role; `None` where it has it. Sessions go on and get the role with their next access token.
    pub fn change_role(&self, role: Role) -> Option<Change> {
        (self.role != role).then(|| self.change(Some(Event::RoleChanged), |it| it.role = role))
    }

    /// Disables it: its sessions and its invitation end. `None` where it is disabled for this reason or by an admin.
    pub fn disable(&self, by: DisabledBy) -> Option<Change> {
        match self.disabled_by {
            None => Some(self.change(Some(Event::Disabled), |it| {
                (it.status, it.disabled_by) = (Status::Disabled, Some(by));
                it.drop_invitation();
                it.session_epoch += 1;
            })),
            // From now on it takes an admin to enable it.
            Some(DisabledBy::Employee) if by == DisabledBy::Admin => Some(self.change(None, |it| it.disabled_by = Some(by))),
            Some(_) => None,
        }
    }

    /// Enables it: it is as usable as its password makes it. `None` where it is not disabled, or by an admin and the
    /// employee's return does not change that.
    pub fn enable(&self, by: DisabledBy) -> Option<Change> {
        let disabled_by = self.disabled_by?;
        let allowed = by == DisabledBy::Admin || disabled_by == DisabledBy::Employee;
        allowed.then(|| {
            self.change(Some(Event::Enabled), |it| {
                it.status = if it.password_hash.is_some() { Status::Active } else { Status::Invited };
                it.disabled_by = None;
            })
        })
    }

    /// Opens an invitation; an earlier one ends. On an account with a password it resets it: the sessions end now, the
    /// password until now ends when the invitation is accepted, so that nobody is locked out by an invitation that is
    /// never used.
    ///
    /// # Errors
    /// [`Error::FailedPrecondition`] `ACCOUNT_DISABLED`.
    pub fn invite(&self, invitation: Digest, now: Timestamp) -> Result<Change> {
        if self.status == Status::Disabled {
            return Err(Error::failed_precondition("ACCOUNT_DISABLED", "account_id", "the account is DISABLED; enable it first"));
        }
        Ok(self.change(None, |it| {
            it.invitation = Some(invitation);
            it.invitation_expires_at = Some(now.plus(INVITATION_LIFE));
            it.session_epoch += u64::from(it.is_active());
        }))
    }

    /// Whether `invitation` can be accepted now.
    #[must_use]
    pub fn is_invited_by(&self, invitation: &Digest, now: Timestamp) -> bool {
        self.status != Status::Disabled
            && self.invitation.as_ref() == Some(invitation)
            && self.invitation_expires_at.is_some_and(|end| now < end)
    }

    /// Accepts the open invitation with a password.
    pub fn accept_invitation(&self, password_hash: Secret, now: Timestamp) -> Change {
        let event = (self.status == Status::Invited).then_some(Event::Updated);
        self.change(event, |it| {
            it.status = Status::Active;
            it.set_password(password_hash, now);
        })
    }

    /// Sets another password: the sessions end, and so does an open invitation.
    pub fn change_password(&self, password_hash: Secret, now: Timestamp) -> Change {
        self.change(None, |it| it.set_password(password_hash, now))
    }

    fn set_password(&mut self, password_hash: Secret, now: Timestamp) {
        self.password_hash = Some(password_hash);
        self.password_changed_at = Some(now);
        self.drop_invitation();
        self.session_epoch += 1;
    }

    fn drop_invitation(&mut self) {
        self.invitation = None;
        self.invitation_expires_at = None;
    }

    fn change(&self, event: Option<Event>, edit: impl FnOnce(&mut Self)) -> Change {
        let mut account = self.clone();
        edit(&mut account);
        account.version += 1;
        Change { account, event }
    }
}

#[cfg(test)]
pub(super) mod tests;
