//! The use cases, one file each. Every one decides first whether the caller may.

use std::sync::Arc;

use kernel::{AccountId, CompanyId, Env, Error, Principal, Result, Role, Timestamp};
use store::{CompanyStore, Part, Query, Store, Transaction};

use crate::{
    SERVICE,
    documents::LastSignIn,
    domain::{
        account::{Account, Change, Status},
        admins::Admins,
        session::{EndReason, Session},
    },
    passwords::Passwords,
    publishing,
    settings::Settings,
};

mod accept_invitation;
mod change_password;
mod change_role;
mod create_first_admin;
mod create_invitation;
mod disable_account;
mod enable_account;
mod ensure_company;
mod follow_employee;
mod forget_expired_sessions;
mod get_accounts;
mod issue_tokens;
mod list_accounts;
mod list_history;
mod refresh_session;
mod sign_in;
mod sign_out;
mod signing_keys;
mod tries;

pub use change_password::ChangePassword;
pub use create_invitation::Invitation;
pub use issue_tokens::Tokens;
pub use list_accounts::ListAccounts;
pub use sign_in::SignIn;

/// What can be done with accounts, sessions and keys.
#[derive(Clone)]
pub struct Application {
    store: Store,
    env: Env,
    settings: Arc<Settings>,
    passwords: Passwords,
    /// Held while a wrong password is written down.
    noting: Arc<tokio::sync::Mutex<()>>,
}

/// What a use case knows already when it has the change of an account kept.
#[derive(Default)]
struct Known<'a> {
    /// The company's admins, where something was decided by them, or where the transaction changes several accounts: they must
    /// still be these, and become what they are after this change.
    admins: Option<&'a mut Admins>,
    /// The one session that goes on though the account's sessions end.
    session: Option<&'a Session>,
}

/// An account, or what was read of it, as callers see it: with what its sessions make known.
#[derive(Debug, Clone, PartialEq)]
pub struct AccountRecord<A = Account> {
    /// The account.
    pub account: A,
    /// When somebody last signed in with it.
    pub last_signed_in_at: Part<Option<Timestamp>>,
}

impl Application {
    /// The use cases on a store.
    ///
    /// # Errors
    /// [`Error::Internal`] where passwords can't be hashed.
    pub fn new(store: Store, env: Env, settings: Settings) -> Result<Self> {
        Ok(Self { store, env, settings: Arc::new(settings), passwords: Passwords::new()?, noting: Arc::default() })
    }

    /// The same use cases at another time, by another chance.
    #[must_use]
    pub fn with_env(&self, env: Env) -> Self {
        Self { env, ..self.clone() }
    }

    /// The same use cases with passwords hashed at another cost.
    #[must_use]
    pub fn with_passwords(&self, passwords: Passwords) -> Self {
        Self { passwords, ..self.clone() }
    }

    fn company(&self, principal: &Principal) -> CompanyStore {
        self.store.company(principal.company)
    }

    /// Who acts where it is this service on its own account.
    fn service(company: CompanyId) -> Principal {
        Principal::service(company, SERVICE)
    }

    /// The caller of a use case that changes accounts, as they stand now: an access token outlives a disabling and a change of
    /// role by minutes, in which nobody may undo it or hand the power on.
    ///
    /// # Errors
    /// [`Error::PermissionDenied`] without `role`; [`Error::Unauthenticated`] `SESSION_ENDED` where the account can't be used.
    async fn authorise(&self, principal: &Principal, role: Role) -> Result<Principal> {
        principal.require(role)?;
        let Some(id) = principal.account() else { return Ok(principal.clone()) };
        let account = self.company(principal).get::<Account>(id.uuid()).await?;
        let present = account.filter(Account::is_active).ok_or_else(session_ended)?.principal(principal.company);
        present.require(role)?;
        Ok(present)
    }

    /// The account that the input's `field` names.
    async fn load(&self, company: &CompanyStore, id: AccountId, field: &'static str) -> Result<AccountRecord> {
        let account = company.get::<Account>(id.uuid()).await?.ok_or_else(|| not_found(id, field))?;
        self.record(company, account).await
    }

    async fn record(&self, company: &CompanyStore, account: Account) -> Result<AccountRecord> {
        let last = company.get::<LastSignIn>(account.id.uuid()).await?;
        Ok(AccountRecord { account, last_signed_in_at: Part::Read(last.map(|last| last.at)) })
    }

    /// The change of one account that is all a use case does.
    async fn change(&self, principal: &Principal, record: &AccountRecord, change: Change) -> Result<AccountRecord> {
        let mut transaction = self.company(principal).transaction(&principal.actor, self.env.now());
        let account = self.keep(&mut transaction, principal, Some(&record.account), vec![change], Known::default()).await?;
        transaction.commit().await?;
        Ok(AccountRecord { account, ..*record })
    }

    /// Adds to `transaction` what one account goes through from `before` (`None`: it is new), with all that comes of it
    /// whichever use case it is: the events, the admins of the company, and the end of the account's sessions. Returns the
    /// account after it.
    ///
    /// # Errors
    /// [`Error::FailedPrecondition`] `LAST_ADMIN`, with nothing added.
    async fn keep(
        &self,
        transaction: &mut Transaction,
        principal: &Principal,
        before: Option<&Account>,
        changes: Vec<Change>,
        known: Known<'_>,
    ) -> Result<Account> {
        let company = self.company(principal);
        let Some(after) = changes.last().map(|change| change.account.clone()).or_else(|| before.cloned()) else {
            return Err(Error::internal("nothing became of no account"));
        };
        if Admins::concerns(before, &after) {
            let mut present;
            let admins = match known.admins {
                Some(admins) => admins,
                None => {
                    present = self.admins(&company).await?;
                    &mut present
                }
            };
            let with = admins.with(&after)?;
            match admins.version {
                0 => transaction.insert(&with),
                _ => transaction.update(admins, &with),
            };
            *admins = with;
        }
        let mut last = before.cloned();
        for Change { account, event } in changes {
            match &last {
                None => transaction.insert(&account),
                Some(last) => transaction.update(last, &account),
            };
            if let Some(event) = event {
                transaction.publish(publishing::account(&self.env, principal, event, &account));
            }
            last = Some(account);
        }
        if let Some(before) = before.filter(|before| before.session_epoch != after.session_epoch) {
            let reason = if after.status == Status::Disabled { EndReason::AccountDisabled } else { EndReason::PasswordChanged };
            for session in self.live_sessions(&company, before).await? {
                match known.session {
                    Some(kept) if kept.id == session.id => transaction.update(kept, &kept.keep(&after)),
                    _ => transaction.publish(publishing::session_revoked(&self.env, principal, &session, reason)),
                };
            }
        }
        Ok(after)
    }

    /// The admins of a company.
    async fn admins(&self, company: &CompanyStore) -> Result<Admins> {
        let admins = company.get::<Admins>(company.id().uuid()).await?;
        Ok(admins.unwrap_or_else(|| Admins::none(company.id())))
    }

    /// The sessions of an account that go on. One that begins at this very moment may be missing: the account's epoch ends
    /// it all the same.
    async fn live_sessions(&self, company: &CompanyStore, account: &Account) -> Result<Vec<Session>> {
        let now = self.env.now();
        let mut live = Vec::new();
        let mut token = None;
        loop {
            let query =
                Query::by("started_at").eq("account_id", account.id).eq("epoch", i64::try_from(account.session_epoch).unwrap_or(i64::MAX));
            let page = company.find::<Session>(&query.page(Query::MAX_PAGE_SIZE, token)).await?;
            token = page.next_page_token();
            live.extend(page.items.into_iter().filter(|session| session.is_live(account, now)));
            if token.is_none() {
                return Ok(live);
            }
        }
    }
}

fn not_found(id: AccountId, field: &'static str) -> Error {
    Error::NotFound { resource: "account".into(), id: id.to_string(), field: field.into() }
}

/// The one answer to whoever has no session, whatever the reason.
fn session_ended() -> Error {
    Error::unauthenticated("SESSION_ENDED", "the session has ended; sign in again")
}
