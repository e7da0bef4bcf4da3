//! Taking over what the auth service says of a login.

use kernel::{EmployeeId, Envelope, Principal, Result, Role};
use runtime::retry::retry_contended;

use super::Application;
use crate::domain::{AccountFacts, Employee, LoginFacts, Refusal};

/// What the auth service says.
#[derive(Debug, Clone)]
pub(crate) enum LoginNews {
    /// How an account is now.
    Account(AccountFacts),
    /// What was asked for was refused.
    Refusal(Refusal),
}

impl Application {
    /// Notes `news` of an employee's login, which `event` brought to `consumer`; once, and not over what is newer.
    /// Where people see a difference the employee gets a new version; nobody is told, since the auth service has told
    /// already. It is done in the name of who caused the event.
    ///
    /// # Errors
    /// [`Error::Unavailable`](kernel::Error::Unavailable), also where others were faster again and again.
    pub(crate) async fn note_login(&self, consumer: &'static str, event: &Envelope, employee: EmployeeId, news: &LoginNews) -> Result<()> {
        let principal = Principal { company: event.company, actor: event.actor.clone(), role: Role::Admin };
        retry_contended("the employee", || self.try_note_login(&principal, consumer, event, employee, news)).await
    }

    async fn try_note_login(
        &self,
        principal: &Principal,
        consumer: &'static str,
        event: &Envelope,
        id: EmployeeId,
        news: &LoginNews,
    ) -> Result<()> {
        let company = self.company(principal);
        let now = self.env.now();
        let mut transaction = company.transaction(&principal.actor, now);
        transaction.received(consumer, event.id);

        let known: Option<LoginFacts> = company.get(id.uuid()).await?;
        let before = known.clone().unwrap_or_else(|| LoginFacts::none(id));
        let facts = match news.clone() {
            LoginNews::Account(account) => before.with_account(account),
            LoginNews::Refusal(refusal) => before.with_refusal(refusal),
        };
        if let Some(facts) = facts {
            match known {
                Some(known) => transaction.update(&known, &facts),
                None => transaction.insert(&facts),
            };
            match company.get::<Employee>(id.uuid()).await? {
                Some(employee) => {
                    if let Some(transition) = employee.note_login(&facts, now) {
                        transaction.update(&employee, &transition.employee);
                    }
                }
                None => {
                    transaction.absent::<Employee>(id.uuid());
                    tracing::warn!(employee.id = %id, event.kind = event.kind, "the auth service knows an employee who isn't here");
                }
            }
        }
        match transaction.commit().await {
            Err(store::Error::AlreadyReceived) => Ok(()),
            outcome => Ok(outcome?),
        }
    }
}
