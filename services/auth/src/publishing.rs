//! What other services are told of accounts and sessions. Nothing secret is in it.

use contracts::crm::auth::v1;
use kernel::{EmailAddress, Env, Envelope, Principal};

use crate::{
    SERVICE,
    domain::{
        account::{Account, Event, Unusable},
        employee::Employee,
        session::{EndReason, Session},
    },
    messages,
};

/// A change that ended in `account`.
pub(crate) fn account(env: &Env, principal: &Principal, event: Event, account: &Account) -> Envelope {
    let (subject, version) = (account.id.uuid(), account.version);
    let message = Some(messages::published(account));
    match event {
        Event::Created => events::envelope(env, principal, SERVICE, subject, version, &v1::AccountCreated { account: message }),
        Event::Updated => events::envelope(env, principal, SERVICE, subject, version, &v1::AccountUpdated { account: message }),
        Event::Disabled => events::envelope(env, principal, SERVICE, subject, version, &v1::AccountDisabled { account: message }),
        Event::Enabled => events::envelope(env, principal, SERVICE, subject, version, &v1::AccountEnabled { account: message }),
        Event::RoleChanged => events::envelope(env, principal, SERVICE, subject, version, &v1::AccountRoleChanged { account: message }),
    }
}

/// An employee could not be given the login, or the address, that their newest facts ask for.
pub(crate) fn provision_refused(env: &Env, principal: &Principal, employee: &Employee, taken: &EmailAddress) -> Envelope {
    let message = v1::AccountProvisionRefused {
        employee_id: employee.id.to_string(),
        employee_version: employee.facts.version,
        reason: "EMAIL_TAKEN".to_owned(),
        message: format!("another account signs in as {taken}"),
    };
    events::envelope(env, principal, SERVICE, employee.id.uuid(), employee.facts.version, &message)
}

/// Somebody signed in.
pub(crate) fn signed_in(env: &Env, principal: &Principal, session: &Session) -> Envelope {
    let message = v1::SignedIn { account_id: session.account_id.to_string(), session_id: session.id.to_string() };
    events::envelope(env, principal, SERVICE, session.id.uuid(), session.version, &message)
}

/// Somebody failed to sign in to `account`. It is the doing of nobody who is known.
pub(crate) fn sign_in_failed(env: &Env, principal: &Principal, account: &Account, reason: &'static str) -> Envelope {
    let message = v1::SignInFailed { account_id: account.id.to_string(), reason: reason.to_owned() };
    events::envelope(env, principal, SERVICE, account.id.uuid(), account.version, &message)
}

/// Why a sign-in failed: the code.
pub(crate) fn sign_in_refusal(unusable: Option<Unusable>) -> &'static str {
    match unusable {
        None => "WRONG_PASSWORD",
        Some(Unusable::Disabled) => "ACCOUNT_DISABLED",
        Some(Unusable::Invited) => "ACCOUNT_INVITED",
    }
}

/// A session that is at `session` now ended before its time: the last that is told of it.
pub(crate) fn session_revoked(env: &Env, principal: &Principal, session: &Session, reason: EndReason) -> Envelope {
    let message = v1::SessionRevoked {
        account_id: session.account_id.to_string(),
        session_id: session.id.to_string(),
        reason: reason.as_str().to_owned(),
    };
    events::envelope(env, principal, SERVICE, session.id.uuid(), session.version + 1, &message)
}
