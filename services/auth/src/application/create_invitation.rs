//! Inviting a person to set their password.

use kernel::{AccountId, Error, Principal, Result, Role, Timestamp};
use runtime::retry::retry_conflicts;

use super::{AccountRecord, Application, get_accounts::may_see, not_found};
use crate::domain::{
    account::{Account, Change, Status},
    secret::Secret,
    token::InvitationToken,
};

/// An open invitation. Its token is known here and never again.
#[derive(Debug, Clone)]
pub struct Invitation {
    /// The one-time token to hand to the person.
    pub token: Secret,
    /// Until when it can be accepted.
    pub expires_at: Timestamp,
    /// The account.
    pub account: AccountRecord,
}

impl Application {
    /// Makes a one-time invitation to set the account's password; an earlier one ends. For managers, for cleaners who never
    /// had a password; for admins, for everybody: where there is a password the invitation resets it, and the sessions end.
    ///
    /// # Errors
    /// [`Error::PermissionDenied`]; [`Error::NotFound`] that names `account_id`; [`Error::FailedPrecondition`]
    /// `ACCOUNT_DISABLED`.
    pub async fn create_invitation(&self, principal: &Principal, id: AccountId) -> Result<Invitation> {
        let principal = &self.authorise(principal, Role::Manager).await?;
        retry_conflicts(async || {
            let company = self.company(principal);
            let record = self.load(&company, id, "account_id").await?;
            may_invite(principal, &record.account)?;
            let (token, change) = self.invite(principal, &record.account)?;
            let account = self.change(principal, &record, change).await?;
            tracing::info!(account = %id, "an invitation was made");
            invitation(&token, account)
        })
        .await
    }

    /// A token, and the change of the account that it is for.
    pub(super) fn invite(&self, principal: &Principal, account: &Account) -> Result<(InvitationToken, Change)> {
        let token = InvitationToken::new(principal.company, account.id, self.env.random_bytes());
        let change = account.invite(token.digest(), self.env.now())?;
        Ok((token, change))
    }
}

pub(super) fn invitation(token: &InvitationToken, account: AccountRecord) -> Result<Invitation> {
    let expires_at = account.account.invitation_expires_at.ok_or_else(|| Error::internal("an invitation without an end"))?;
    Ok(Invitation { token: token.text(), expires_at, account })
}

fn may_invite(principal: &Principal, account: &Account) -> Result<()> {
    if !may_see(principal, account.id, account.employee_id) {
        return Err(not_found(account.id, "account_id"));
    }
    if account.role > Role::Employee {
        principal.require(Role::Admin)?;
    }
    if account.status == Status::Active && principal.role < Role::Admin {
        return Err(Error::PermissionDenied("the account has a password; resetting it needs the role ADMIN".into()));
    }
    Ok(())
}
