//! The demo: a company at work, made through the services' own use cases while the gateway already answers.
//!
//! Each step happens at the time it would have happened: the use cases get a clock of their own, so that histories and
//! times of completion are as they would be. The demo survives being killed: a later start finds what is there already
//! and goes on.

mod names;
mod script;
mod stage;

use std::{
    io::Write as _,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use indicatif::{ProgressBar, ProgressStyle};
use kernel::{CompanyId, Env, Error, Principal};
use runtime::program::ProgramError;
use tokio::task::JoinSet;

use self::{script::Script, stage::Stage};
use crate::Applications;

/// The password of the demo's logins.
pub const PASSWORD: &str = "alva-demo-2026";
/// The demo's logins: what they are for, and the email address.
const LOGINS: [(&str, &str); 3] =
    [("admin", "admin@alva.example"), ("manager", "manager@alva.example"), ("cleaner", "cleaner01@alva.example")];
/// How many orders are made at the same time. More let the store commit more at once.
const AT_ONCE: usize = 24;
/// How long after a failure the store is asked again at the beginning.
const AGAIN: Duration = Duration::from_secs(1);

/// Makes what is missing of the demo, with a progress bar, and prints the logins.
///
/// # Errors
/// [`ProgramError`] where a use case failed.
pub async fn play(applications: &Applications, env: &Env) -> Result<(), ProgramError> {
    perform(applications, env).await.map_err(ProgramError::Build)?;
    let logins = LOGINS.map(|(role, email)| format!("  {role:<9} {email:<24} {PASSWORD}\n")).concat();
    // A reader that has gone away is no fault.
    let _ = write!(std::io::stdout(), "\nThe demo is ready. Sign in as\n\n{logins}\n");
    Ok(())
}

/// The company, once the store is there.
async fn company(applications: &Applications) -> kernel::Result<CompanyId> {
    loop {
        match applications.auth.ensure_company().await {
            Err(Error::Unavailable(_)) => tokio::time::sleep(AGAIN).await,
            outcome => return outcome,
        }
    }
}

async fn perform(applications: &Applications, env: &Env) -> kernel::Result<()> {
    let company = company(applications).await?;
    let mut stage = Stage::new(applications.clone(), env.clone(), Principal::service(company, "demo"));
    let admin = stage.admin(LOGINS[0].1, PASSWORD).await?;
    // It takes place round the moment at which it began, also where a start that was killed is gone on with.
    let script = Arc::new(Script::new(stage.as_of));
    if stage.is_complete(&script).await? {
        return Ok(());
    }
    let stage = Arc::new(stage);
    let bar = ProgressBar::new((script.employees.len() + script.customers.len() + script.orders.len()) as u64);
    let style =
        ProgressStyle::with_template("  {msg:<24} {bar:40} {pos:>5}/{len} {elapsed}").unwrap_or_else(|_| ProgressStyle::default_bar());
    bar.set_style(style);

    bar.set_message("demo: people");
    let manager = stage.manager(LOGINS[1].1).await?;
    let employees = at_once(&bar, &script, |script| script.employees.len(), {
        let stage = stage.clone();
        move |script, number| {
            let stage = stage.clone();
            async move { stage.employee(&script.employees[number]).await }
        }
    })
    .await?;
    bar.set_message("demo: customers");
    let customers = at_once(&bar, &script, |script| script.customers.len(), {
        let stage = stage.clone();
        move |script, number| {
            let stage = stage.clone();
            async move { stage.customer(&script.customers[number]).await }
        }
    })
    .await?;
    bar.set_message("demo: logins");
    stage.login(&admin, manager, Some(kernel::Role::Manager), PASSWORD).await?;
    stage.login(&admin, employees[0], None, PASSWORD).await?;

    bar.set_message("demo: orders");
    let cast = Arc::new((employees, customers));
    at_once(&bar, &script, |script| script.orders.len(), {
        let (stage, cast) = (stage.clone(), cast.clone());
        move |script, number| {
            let (stage, cast) = (stage.clone(), cast.clone());
            async move { stage.order(&script.orders[number], &cast.0, &cast.1).await }
        }
    })
    .await?;
    stage.order(&script.last, &cast.0, &cast.1).await?;
    bar.finish_and_clear();
    Ok(())
}

/// Does `act` for every number below `count`, several at a time, and gives the results in their order.
async fn at_once<T, F>(
    bar: &ProgressBar,
    script: &Arc<Script>,
    count: impl Fn(&Script) -> usize,
    act: impl Fn(Arc<Script>, usize) -> F + Clone + Send + 'static,
) -> kernel::Result<Vec<T>>
where
    T: Send + 'static,
    F: Future<Output = kernel::Result<T>> + Send,
{
    let (count, next) = (count(script), Arc::new(AtomicUsize::new(0)));
    let mut workers = JoinSet::new();
    for _ in 0..AT_ONCE {
        let (bar, script, next, act) = (bar.clone(), script.clone(), next.clone(), act.clone());
        workers.spawn(async move {
            let mut done = Vec::new();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= count {
                    return Ok::<_, kernel::Error>(done);
                }
                done.push((number, act(script.clone(), number).await?));
                bar.inc(1);
            }
        });
    }
    let mut results = Vec::with_capacity(count);
    while let Some(done) = workers.join_next().await {
        results.extend(done.map_err(kernel::Error::internal)??);
    }
    results.sort_by_key(|(number, _)| *number);
    Ok(results.into_iter().map(|(_, result)| result).collect())
}
