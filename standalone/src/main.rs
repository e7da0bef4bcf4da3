//! `crm`: the whole CRM in one process.

use std::{
    io::Write as _,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{Args, Parser, Subcommand};
use kernel::Env;
use runtime::{
    dead_letters,
    program::{self, ProgramError},
    settings::Settings,
    signal,
};
use standalone::{Crm, Data, Foundation, backup, demo, settings};
use tokio_util::sync::CancellationToken;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The folders in the user's data folder: of the demo, and of work.
const DEMO: &str = "demo";
const WORK: &str = "data";

/// The whole CRM in one process: services, gateway, SQLite, in-process bus.
#[derive(Parser)]
#[command(name = "crm", version)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    place: Place,
}

#[derive(Subcommand)]
enum Command {
    /// Run with demo data: people, customers and orders, and logins with known passwords. What plain `crm` does
    Up,
    /// Run for work: no demo data and no account; the first admin is made by `crm admin create`
    Serve,
    /// Play the demo into an installation of programs of their own, on MongoDB and RabbitMQ, while these run
    Demo,
    /// Ask the running CRM whether it is ready; exits with 0 if it is
    Healthcheck,
    /// Print the GraphQL schema
    Schema,
    /// Print the manifest of the operations in a folder, each in a file of its own, *.graphql
    Operations {
        /// The folder
        folder: PathBuf,
    },
    /// Print all settings with their defaults
    Settings,
    /// Events that a consumer gave up on: list, show, replay, discard
    DeadLetters {
        #[command(subcommand)]
        command: dead_letters::Command,
    },
    #[command(flatten)]
    Backup(backup::Command),
    /// What is done for a customer: erase
    Customer {
        #[command(subcommand)]
        command: customer::commands::Command,
    },
    #[command(flatten)]
    Auth(auth::commands::Command),
}

/// Where the data is, and where to listen.
#[derive(Args)]
struct Place {
    /// The folder of the data, and of whatever else is kept in files; by default one in the user's data folder, another for
    /// the demo than for work
    #[arg(long, global = true, value_name = "FOLDER", conflicts_with = "ephemeral")]
    data: Option<PathBuf>,
    /// Keep the data in memory: it is gone when the program ends
    #[arg(long, global = true)]
    ephemeral: bool,
    /// The gateway's port; 0 for any free one
    #[arg(long, global = true)]
    port: Option<u16>,
    /// The gRPC ports of auth, employee, customer and order: this one and the three after it; 0 for any free ones
    #[arg(long, global = true)]
    grpc_port: Option<u16>,
}

impl Place {
    fn data(&self, default: &str) -> Result<Data, ProgramError> {
        match &self.data {
            _ if self.ephemeral => Ok(Data::Memory),
            Some(folder) => Ok(Data::Folder(folder.clone())),
            None => Data::of_user(default),
        }
    }

    fn apply(&self, settings: &mut Settings) -> Result<(), ProgramError> {
        if let Some(port) = self.port {
            settings.set("gateway.http.port", &port.to_string())?;
        }
        if let Some(first) = self.grpc_port {
            for (offset, name) in (0..).zip(["auth", "employee", "customer", "order"]) {
                let port = if first == 0 { 0 } else { first.saturating_add(offset) };
                settings.set(&format!("{name}.grpc.port"), &port.to_string())?;
            }
        }
        Ok(())
    }
}

fn main() -> ExitCode {
    let Arguments { command, place } = Arguments::parse();
    let frame = |work: Work| program::frame("crm", settings::DEFAULTS, async |settings| work.run(settings, &place).await);
    match command.unwrap_or(Command::Up) {
        Command::Up => frame(Work::Run { demo: true }),
        Command::Serve => frame(Work::Run { demo: false }),
        Command::Auth(command) => frame(Work::Auth(command)),
        Command::Demo => frame(Work::Demo),
        Command::Healthcheck => frame(Work::Healthcheck),
        Command::Backup(command) => frame(Work::Backup(command)),
        Command::Customer { command } => frame(Work::Customer(command)),
        Command::DeadLetters { command } => frame(Work::DeadLetters(command)),
        Command::Schema => print(&gateway::sdl()),
        Command::Operations { folder } => operations(&folder),
        Command::Settings => print(&settings::commented()),
    }
}

/// What needs settings and data.
enum Work {
    Run { demo: bool },
    Demo,
    Healthcheck,
    Auth(auth::commands::Command),
    Backup(backup::Command),
    Customer(customer::commands::Command),
    DeadLetters(dead_letters::Command),
}

impl Work {
    async fn run(self, mut settings: Settings, place: &Place) -> Result<(), ProgramError> {
        match self {
            Self::Run { demo } => run(settings, place, demo).await,
            Self::Demo => {
                let (data, env) = (place.data(WORK)?, Env::system());
                settings::set_programs(&mut settings)?;
                let foundation = Foundation::new(&settings, &data, &env)?;
                demo::play(&foundation.applications().await?, &env).await
            }
            Self::Healthcheck => {
                place.apply(&mut settings)?;
                let http: gateway::settings::Http = settings.section("gateway.http")?;
                gateway::healthcheck(http.address, http.port).await.map_err(ProgramError::NotReady)
            }
            Self::Auth(command) => {
                let (data, env) = (place.data(WORK)?, Env::system());
                let application = Foundation::new(&settings, &data, &env)?.auth().await?;
                print(&format!("{}\n", command.run(&application).await.map_err(ProgramError::Build)?));
                Ok(())
            }
            Self::Backup(command) => {
                let (data, env) = (place.data(WORK)?, Env::system());
                print(&command.run(&Foundation::new(&settings, &data, &env)?, &env).await?);
                Ok(())
            }
            Self::Customer(command) => {
                let (data, env) = (place.data(WORK)?, Env::system());
                let foundation = Foundation::new(&settings, &data, &env)?;
                let bus = foundation.bus()?;
                let application = foundation.customer(bus.clone()).await?;
                print(&format!("{}\n", command.run(&application, &*bus).await.map_err(ProgramError::Build)?));
                Ok(())
            }
            Self::DeadLetters(command) => {
                let (data, env) = (place.data(WORK)?, Env::system());
                let bus = Foundation::new(&settings, &data, &env)?.bus()?;
                print(&format!("{}\n", command.run(&*bus).await.map_err(ProgramError::Build)?));
                Ok(())
            }
        }
    }
}

/// Prints what a command was asked for; a reader that has gone away is no fault.
fn print(text: &str) -> ExitCode {
    let _ = std::io::stdout().write_all(text.as_bytes());
    ExitCode::SUCCESS
}

fn operations(folder: &Path) -> ExitCode {
    let manifest = gateway::manifest::Manifest::of(folder).map_err(|error| error.to_string());
    let text = manifest.and_then(|manifest| serde_json::to_string_pretty(&manifest).map_err(|error| error.to_string()));
    match text {
        Ok(text) => print(&format!("{text}\n")),
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(mut settings: Settings, place: &Place, with_demo: bool) -> Result<(), ProgramError> {
    place.apply(&mut settings)?;
    if with_demo {
        settings.set("gateway.development.graphiql", "true")?;
        settings.set("gateway.development.rpc_count", "true")?;
        settings::set_demo_apart(&mut settings)?;
    }
    let (data, env) = (place.data(if with_demo { DEMO } else { WORK })?, Env::system());
    let crm = Crm::open(&settings, &data, &env).await?;
    let foundation = Foundation::new(&settings, &data, &env)?;
    announce(&crm, &foundation, with_demo);

    let (stop, applications) = (CancellationToken::new(), crm.applications());
    let playing = async {
        if with_demo && let Err(error) = demo::play(&applications, &env).await {
            return error;
        }
        std::future::pending().await
    };
    let watch = async {
        let outcome = tokio::select! {
            () = signal::stop_requested() => Ok(()),
            () = stop.cancelled() => Ok(()),
            error = playing => Err(error),
        };
        stop.cancel();
        outcome
    };
    let serve = async {
        let outcome = crm.serve(stop.clone()).await;
        stop.cancel();
        outcome
    };
    let (served, watched) = tokio::join!(serve, watch);
    served.and(watched)
}

fn announce(crm: &Crm, foundation: &Foundation<'_>, with_demo: bool) {
    let addresses = crm.addresses();
    let graphiql = if with_demo { format!("  GraphiQL  {}\n", url(addresses.gateway, "/graphiql")) } else { String::new() };
    print(&format!(
        "The CRM is running. Ctrl-C stops it.\n\n{graphiql}  GraphQL   {}\n  gRPC      auth {} · employee {} · customer {} · order {}\n  data      {foundation}\n",
        url(addresses.gateway, "/graphql"),
        addresses.auth,
        addresses.employee,
        addresses.customer,
        addresses.order,
    ));
}

fn url(address: SocketAddr, path: &str) -> String {
    if address.ip().is_loopback() || address.ip().is_unspecified() {
        return format!("http://localhost:{}{path}", address.port());
    }
    format!("http://{address}{path}")
}
