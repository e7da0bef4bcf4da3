//! The domain's values as messages of the contract.

use contracts::{crm::auth::v1, mask::Mask, masked, write};
use kernel::EmployeeId;
use runtime::token::Jwk;

use crate::{
    application::{AccountRecord, Invitation, Tokens},
    domain::account::{Account, Status},
};

/// An account as callers get it.
pub(crate) fn account(record: &AccountRecord, mask: Mask<v1::Account>) -> v1::Account {
    let AccountRecord { account, last_signed_in_at } = record;
    masked!(mask => v1::Account { last_signed_in_at: last_signed_in_at.map(write::timestamp), ..without_last_sign_in(account, mask) })
}

/// An account as events carry it: without the time of the last sign-in, since nothing is published when only that changes.
pub(crate) fn published(account: &Account) -> v1::Account {
    without_last_sign_in(account, Mask::ALL)
}

fn without_last_sign_in(account: &Account, mask: Mask<v1::Account>) -> v1::Account {
    masked!(mask => v1::Account {
        id: account.id.to_string(),
        version: account.version,
        email: account.email.to_string(),
        name: account.name.clone(),
        role: write::role(account.role).into(),
        status: status(account.status).into(),
        employee_id: account.employee_id.as_ref().map(EmployeeId::to_string).unwrap_or_default(),
        created_at: Some(write::timestamp(account.created_at)),
        last_signed_in_at: None,
        invitation_expires_at: account.invitation_expires_at.map(write::timestamp),
    })
}

fn status(status: Status) -> v1::AccountStatus {
    match status {
        Status::Invited => v1::AccountStatus::Invited,
        Status::Active => v1::AccountStatus::Active,
        Status::Disabled => v1::AccountStatus::Disabled,
    }
}

/// What a sign-in gives: the one place where tokens leave.
pub(crate) fn session(tokens: &Tokens) -> v1::Session {
    v1::Session {
        access_token: tokens.access_token.expose().to_owned(),
        access_token_expires_at: Some(write::timestamp(tokens.access_token_expires_at)),
        refresh_token: tokens.refresh_token.expose().to_owned(),
        expires_at: Some(write::timestamp(tokens.expires_at)),
        account: Some(account(&tokens.account, Mask::ALL)),
    }
}

/// An invitation, for those who hand it on.
pub(crate) fn invitation(invitation: &Invitation) -> v1::CreateInvitationResponse {
    v1::CreateInvitationResponse {
        token: invitation.token.expose().to_owned(),
        expires_at: Some(write::timestamp(invitation.expires_at)),
        account: Some(account(&invitation.account, Mask::ALL)),
    }
}

/// A public key.
pub(crate) fn jwk(key: Jwk) -> v1::Jwk {
    v1::Jwk { kid: key.kid, x: key.x }
}
