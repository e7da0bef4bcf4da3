//! The domain's values as messages of the contract.

use contracts::{crm::auth::v1, mask::Mask, masked, write};
use kernel::EmployeeId;
use runtime::token::Jwk;
use store::Part;

use crate::{
    application::{AccountRecord, Invitation, Tokens},
    domain::account::{Account, Status},
    parts::AccountParts,
};

/// What is not of the account's own document.
pub(crate) const LAST_SIGN_IN: u64 = Mask::<v1::Account>::bits("last_signed_in_at");

/// An account as callers get it.
pub(crate) fn account(record: &AccountRecord<AccountParts>, mask: Mask<v1::Account>) -> v1::Account {
    let AccountRecord { account, last_signed_in_at } = record;
    masked!(mask => v1::Account {
        id: account.id.to_string(),
        version: account.version.to(|it| *it),
        email: account.email.to(ToString::to_string),
        name: account.name.to(Clone::clone),
        role: account.role.to(|it| write::role(*it).into()),
        status: account.status.to(|it| status(*it).into()),
        employee_id: account.employee_id.as_ref().map(EmployeeId::to_string).unwrap_or_default(),
        created_at: account.created_at.to(|it| Some(write::timestamp(*it))),
        last_signed_in_at: last_signed_in_at.to(|it| it.map(write::timestamp)),
        invitation_expires_at: account.invitation_expires_at.to(|it| it.map(write::timestamp)),
    })
}

/// The whole of it.
pub(crate) fn whole(record: &AccountRecord) -> v1::Account {
    let AccountRecord { account: whole, last_signed_in_at } = record;
    account(&AccountRecord { account: AccountParts::from(whole), last_signed_in_at: *last_signed_in_at }, Mask::ALL)
}

/// An account as events carry it: without the time of the last sign-in, since nothing is published when only that changes.
pub(crate) fn published(published: &Account) -> v1::Account {
    let record = AccountRecord { account: AccountParts::from(published), last_signed_in_at: Part::Unread };
    account(&record, Mask::ALL.without(LAST_SIGN_IN))
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
        account: Some(whole(&tokens.account)),
    }
}

/// An invitation, for those who hand it on.
pub(crate) fn invitation(invitation: &Invitation) -> v1::CreateInvitationResponse {
    v1::CreateInvitationResponse {
        token: invitation.token.expose().to_owned(),
        expires_at: Some(write::timestamp(invitation.expires_at)),
        account: Some(whole(&invitation.account)),
    }
}

/// A public key.
pub(crate) fn jwk(key: Jwk) -> v1::Jwk {
    v1::Jwk { kid: key.kid, x: key.x }
}
