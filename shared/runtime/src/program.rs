//! The frame of a service's `main`.
//!
//! ```no_run
//! # mod order {
//! #     pub const SETTINGS: &str = "";
//! #     pub const COLLECTIONS: &[&store::Collection] = &[];
//! #     #[derive(serde::Deserialize)]
//! #     pub struct Settings;
//! #     pub fn build(_: Settings, _: runtime::Dependencies) -> kernel::Result<((), runtime::Service)> { unimplemented!() }
//! # }
//! use runtime::{Program, program};
//!
//! const PROGRAM: Program = Program {
//!     name: "order",
//!     about: "Orders, their schedule and their crews",
//!     version: env!("CARGO_PKG_VERSION"),
//!     settings: order::SETTINGS,
//!     collections: order::COLLECTIONS,
//! };
//!
//! fn main() -> std::process::ExitCode {
//!     program::run(&PROGRAM, async |settings: order::Settings, dependencies| Ok(order::build(settings, dependencies)?.1))
//! }
//! ```

mod parts;

use std::{
    error::Error as StdError,
    io::{self, Write as _},
    net::SocketAddr,
    process::ExitCode,
    sync::Arc,
};

use clap::{ArgMatches, FromArgMatches as _, Subcommand as _};
use events::Bus;
use kernel::Env;
use serde::de::DeserializeOwned;
use store::{Collection, Store};
use tokio_util::sync::CancellationToken;

pub use parts::{expect_store, open_in_process, open_mongodb, open_rabbitmq, open_sqlite};

use crate::{
    Service, Transport, Verifier, backup,
    dead_letters::Command,
    grpc::{self, Listener, ServeError},
    net::BindError,
    settings::{self, BusKind, Common, Settings, SettingsError, StoreKind},
    signal,
    telemetry::{self, TelemetryError},
    token::{KeySource, RemoteKeys},
    transport::Remote,
};

/// The domain that issues tokens, and so has their keys itself.
const ISSUER: &str = "auth";

/// The commands that every service's program has beside those on dead letters.
#[derive(Debug, Clone, clap::Subcommand)]
enum Operation {
    /// Ask the running program, at the port of these settings, whether it is ready; exits with 0 if it is
    Healthcheck,
    /// Bring the collections and indexes of the database to this version, and end; the program does so too as it starts
    Migrate,
    #[command(flatten)]
    Backup(backup::Command),
}

/// A service as a program of its own.
#[derive(Debug, Clone, Copy)]
pub struct Program {
    /// Its name, lower case: also the domain's. In capitals it is the prefix of its environment variables.
    pub name: &'static str,
    /// What it does, in a line.
    pub about: &'static str,
    /// Its version.
    pub version: &'static str,
    /// The commented defaults of its settings, over those that every service has.
    pub settings: &'static str,
    /// What it keeps in its store.
    pub collections: &'static [&'static Collection],
}

/// What a service is built of.
#[derive(Clone)]
pub struct Dependencies {
    /// Its data.
    pub store: Store,
    /// The events.
    pub bus: Arc<dyn Bus>,
    /// The clock and the source of randomness.
    pub env: Env,
}

/// Why a program ended without being asked to. The text is one line and says what to do.
#[derive(Debug, thiserror::Error)]
pub enum ProgramError {
    /// A setting.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// A port.
    #[error(transparent)]
    Bind(#[from] BindError),
    /// Logs, traces or metrics.
    #[error(transparent)]
    Telemetry(#[from] TelemetryError),
    /// A file of data or of events: the key of its path, and what is wrong.
    #[error("{key}: {problem}")]
    Data {
        /// The key, with dots.
        key: &'static str,
        /// What is wrong.
        problem: String,
    },
    /// A backup was not made, or not taken in.
    #[error(transparent)]
    Backup(#[from] backup::Error),
    /// The service could not be built.
    #[error("{}", describe(.0))]
    Build(kernel::Error),
    /// The service ended.
    #[error(transparent)]
    Serve(#[from] ServeError),
    /// The running program was asked whether it is ready, and is not.
    #[error("not ready: {0}")]
    NotReady(String),
    /// The runtime could not begin.
    #[error("no threads can be started: {0}")]
    Runtime(io::Error),
}

/// Runs `program` until it is asked to stop: reads the command line (`--help`, `--version`, the commands that every program
/// has), then as [`Program::serve`].
pub fn run<S, B>(program: &Program, build: B) -> ExitCode
where
    S: DeserializeOwned,
    B: AsyncFnOnce(S, Dependencies) -> kernel::Result<Service>,
{
    let arguments = program.command().get_matches();
    program.operate(&arguments).unwrap_or_else(|| program.serve(build))
}

/// The frame of any program: reads the settings – `defaults` as [`Settings::new`] takes them, then the environment with
/// the program's name in capitals as prefix – and begins telemetry round `work`. The exit code is 0 where that ends
/// well; else 1, with one line on standard error that says what to do.
pub fn frame(name: &'static str, defaults: &[(&str, &str)], work: impl AsyncFnOnce(Settings) -> Result<(), ProgramError>) -> ExitCode {
    let outcome = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(ProgramError::Runtime).and_then(|runtime| {
        runtime.block_on(async {
            let settings = Settings::from_environment(&name.to_uppercase(), defaults)?;
            let telemetry = telemetry::init(name, &settings.section("telemetry")?)?;
            telemetry::log_panics();
            let outcome = work(settings).await;
            telemetry.shutdown().await;
            outcome
        })
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{name}: {}", error.to_string().replace('\n', " "));
            ExitCode::FAILURE
        }
    }
}

impl Program {
    /// The command line: a program with commands of its own adds them. Where none is given it calls [`serve`](Self::serve),
    /// but [`operate`](Self::operate) first.
    #[must_use]
    pub fn command(&self) -> clap::Command {
        let defaults: Vec<_> = self.defaults().into_iter().map(|(_, toml)| toml).collect();
        let settings = format!("Settings, with their defaults:\n\n{}", defaults.join("\n"));
        let dead_letters = clap::Command::new(Command::NAME).about(Command::ABOUT);
        let dead_letters = Command::augment_subcommands(dead_letters).subcommand_required(true).arg_required_else_help(true);
        let program = clap::Command::new(self.name).about(self.about).version(self.version).after_long_help(settings);
        Operation::augment_subcommands(program.subcommand(dead_letters)).subcommand_required(false)
    }

    /// Does the command that every program has, if `arguments` say so; the exit code is as [`serve`](Self::serve)'s.
    #[must_use]
    pub fn operate(&self, arguments: &ArgMatches) -> Option<ExitCode> {
        match Operation::from_arg_matches(arguments) {
            Ok(Operation::Healthcheck) => return Some(self.healthcheck()),
            Ok(Operation::Migrate) => return Some(self.migrate()),
            Ok(Operation::Backup(command)) => return Some(self.back_up(&command)),
            Err(_) => {}
        }
        let command = Command::from_arg_matches(arguments.subcommand_matches(Command::NAME)?);
        let command = command.unwrap_or_else(|error| error.exit());
        Some(self.with_runtime(async |settings| {
            let bus = self.bus(&settings, &settings.extract()?, &Env::system())?;
            let told = command.run(&*bus).await.map_err(ProgramError::Build)?;
            // A reader that has gone away is no fault.
            let _ = writeln!(io::stdout(), "{told}");
            Ok(())
        }))
    }

    fn healthcheck(&self) -> ExitCode {
        self.with_runtime(async |settings| {
            let Common { grpc, .. } = settings.extract()?;
            grpc::healthcheck(grpc.address, grpc.port).await.map_err(ProgramError::NotReady)
        })
    }

    fn migrate(&self) -> ExitCode {
        self.with_runtime(async |settings| {
            self.awaited_store(&settings, &settings.extract()?).await?;
            let _ = writeln!(io::stdout(), "The database of {} is as version {} needs it.", self.name, self.version);
            Ok(())
        })
    }

    /// Does a command on its whole data.
    fn back_up(&self, command: &backup::Command) -> ExitCode {
        self.with_runtime(async |settings| {
            let store = self.awaited_store(&settings, &settings.extract()?).await?;
            let told = command.run(self.name, self.collections, &store, &Env::system()).await?;
            let _ = writeln!(io::stdout(), "{told}");
            Ok(())
        })
    }

    /// Serves until SIGTERM or SIGINT. `build` makes the service of its settings. The exit code is 0 after a stop
    /// that was asked for; else 1, with one line on standard error that says what to do.
    pub fn serve<S, B>(&self, build: B) -> ExitCode
    where
        S: DeserializeOwned,
        B: AsyncFnOnce(S, Dependencies) -> kernel::Result<Service>,
    {
        self.with_runtime(async |settings| {
            let stop = CancellationToken::new();
            let serving = self.serve_until(settings, build, stop.clone(), |_| ());
            let stopping = async {
                signal::stop_requested().await;
                tracing::info!("asked to stop");
                stop.cancel();
                std::future::pending().await
            };
            tokio::select! {
                outcome = serving => outcome,
                never = stopping => never,
            }
        })
    }

    /// Does one thing with the program's data, such as making the first admin, and ends. The exit code is as
    /// [`serve`](Self::serve)'s.
    pub fn once<S, W>(&self, work: W) -> ExitCode
    where
        S: DeserializeOwned,
        W: AsyncFnOnce(S, Dependencies) -> kernel::Result<()>,
    {
        self.with_runtime(async |settings| {
            let (common, env) = (settings.extract()?, Env::system());
            let bus = self.bus(&settings, &common, &env)?;
            let dependencies = Dependencies { store: self.awaited_store(&settings, &common).await?, bus, env };
            work(settings.extract()?, dependencies).await.map_err(ProgramError::Build)
        })
    }

    fn with_runtime(&self, work: impl AsyncFnOnce(Settings) -> Result<(), ProgramError>) -> ExitCode {
        frame(self.name, &self.defaults(), work)
    }

    /// The defaults of its settings, as [`frame`] takes them.
    fn defaults(&self) -> Vec<(&'static str, &'static str)> {
        let keys = (self.name != ISSUER).then_some(settings::KEYS);
        [settings::COMMON, settings::GRPC].into_iter().chain(keys).chain([self.settings]).map(|toml| ("", toml)).collect()
    }

    /// Serves until `stop`; `announce` hears of the address once calls are answered there.
    async fn serve_until<S, B>(
        &self,
        settings: Settings,
        build: B,
        stop: CancellationToken,
        announce: impl FnOnce(SocketAddr),
    ) -> Result<(), ProgramError>
    where
        S: DeserializeOwned,
        B: AsyncFnOnce(S, Dependencies) -> kernel::Result<Service>,
    {
        let env = Env::system();
        let bus = self.bus(&settings, &settings.extract()?, &env)?;
        self.serve_on(bus, env, settings, build, stop, announce).await
    }

    async fn serve_on<S, B>(
        &self,
        bus: Arc<dyn Bus>,
        env: Env,
        settings: Settings,
        build: B,
        stop: CancellationToken,
        announce: impl FnOnce(SocketAddr),
    ) -> Result<(), ProgramError>
    where
        S: DeserializeOwned,
        B: AsyncFnOnce(S, Dependencies) -> kernel::Result<Service>,
    {
        // All that can be wrong with the settings is found before anything is touched, then ports before data.
        let (common, own): (Common, S) = (settings.extract()?, settings.extract()?);
        let keys = self.remote_keys(&settings, &common)?;
        let listener = Listener::bind("grpc", common.grpc.clone()).await?;
        let metrics = telemetry::MetricsPort::bind(&common.telemetry).await?;

        let store = self.store(&settings, &common).await?;
        let dependencies = Dependencies { store: store.clone(), bus: bus.clone(), env: env.clone() };
        let mut service = build(own, dependencies).await.map_err(ProgramError::Build)?.needs_store_and_bus(&store, &bus);
        service.bind(&bus).await.map_err(|error| ProgramError::Data { key: "bus.kind", problem: describe(&error) })?;
        let keys = keys.unwrap_or_else(|| Arc::new(RemoteKeys::new(Transport::local(service.routes.clone()))));
        let verifier = Arc::new(Verifier::new(&common.auth.issuer, &common.auth.audience, keys, env));

        let address = listener.address();
        tracing::info!(server.address = %address, service.version = self.version, "listening");
        announce(address);
        let scraped = CancellationToken::new();
        let serving = async {
            let outcome = grpc::serve(service, listener, verifier, stop).await;
            scraped.cancel();
            outcome
        };
        let (outcome, ()) = tokio::join!(serving, metrics.serve(scraped.clone()));
        Ok(outcome?)
    }

    fn bus(&self, settings: &Settings, common: &Common, env: &Env) -> Result<Arc<dyn Bus>, ProgramError> {
        match common.bus.kind {
            BusKind::RabbitMq => open_rabbitmq(settings, &common.bus.url, &common.bus.namespace, env),
            BusKind::InProcess => {
                let problem = "must be rabbitmq: on an in-process bus the events of this program would reach no other; \
                    what runs all services in one process is crm";
                Err(SettingsError::invalid(settings, "bus.kind", problem).into())
            }
        }
    }

    async fn store(&self, settings: &Settings, common: &Common) -> Result<Store, ProgramError> {
        let store = &common.store;
        match store.kind {
            StoreKind::MongoDb if store.database.is_empty() => {
                open_mongodb(settings, &store.url, &format!("crm_{}", self.name), self.collections)
            }
            StoreKind::MongoDb => open_mongodb(settings, &store.url, &store.database, self.collections),
            StoreKind::Sqlite => {
                let path = parts::path(&store.path, "store.path", &format!("{}.sqlite", self.name))?;
                open_sqlite(&path, self.collections).await
            }
        }
    }

    /// The store for a command, which is given once.
    async fn awaited_store(&self, settings: &Settings, common: &Common) -> Result<Store, ProgramError> {
        let store = self.store(settings, common).await?;
        expect_store(&store).await?;
        Ok(store)
    }

    /// Where the keys of tokens come from; `None` where the program has them itself.
    fn remote_keys(&self, settings: &Settings, common: &Common) -> Result<Option<Arc<dyn KeySource>>, ProgramError> {
        let invalid = |problem: String| SettingsError::invalid(settings, "auth.url", problem);
        match common.auth.url.as_deref() {
            None => Ok(None),
            Some("") => Err(invalid("must be set to where the auth service is, such as http://127.0.0.1:50051".to_owned()).into()),
            Some(url) => {
                let transport = Transport::remote(url, &Remote::default()).map_err(|error| invalid(error.to_string()))?;
                Ok(Some(Arc::new(RemoteKeys::new(transport))))
            }
        }
    }
}

/// An error with its causes, in one line, for those who operate the program.
#[must_use]
pub fn describe(error: &(dyn StdError + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let next = error.to_string();
        // Errors that only pass on another's text would say it twice.
        if !text.ends_with(&next) {
            text.push_str(": ");
            text.push_str(&next);
        }
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests;
