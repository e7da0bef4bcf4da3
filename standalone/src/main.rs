//! `crm`: the whole CRM in one process.

use std::{io::Write as _, net::SocketAddr, path::PathBuf, process::ExitCode};

use clap::{Args, Parser, Subcommand};
use kernel::Env;
use runtime::{
    program::{self, ProgramError},
    settings::Settings,
    signal,
};
use standalone::{Crm, Data, demo, settings};
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
    /// Print the GraphQL schema
    Schema,
    /// Print all settings with their defaults
    Settings,
    #[command(flatten)]
    Auth(auth::commands::Command),
}

/// Where the data is, and where to listen.
#[derive(Args)]
struct Place {
    /// The folder of the data; by default one in the user's data folder, another for the demo than for work
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
        Command::Schema => print(&gateway::sdl()),
        Command::Settings => print(&settings::commented()),
    }
}

/// What needs settings and data.
enum Work {
    Run { demo: bool },
    Auth(auth::commands::Command),
}

impl Work {
    async fn run(self, settings: Settings, place: &Place) -> Result<(), ProgramError> {
        match self {
            Self::Run { demo } => run(settings, place, demo).await,
            Self::Auth(command) => {
                let application = place.data(WORK)?.auth(&settings, &Env::system()).await?;
                print(&format!("{}\n", command.run(&application).await.map_err(ProgramError::Build)?));
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

async fn run(mut settings: Settings, place: &Place, with_demo: bool) -> Result<(), ProgramError> {
    place.apply(&mut settings)?;
    if with_demo {
        settings.set("gateway.development.graphiql", "true")?;
        settings.set("gateway.development.rpc_count", "true")?;
    }
    let (data, env) = (place.data(if with_demo { DEMO } else { WORK })?, Env::system());
    let crm = Crm::open(&settings, &data, &env).await?;
    announce(&crm, &data, with_demo);

    let (stop, applications) = (CancellationToken::new(), crm.applications());
    let playing = async {
        if with_demo && let Err(error) = demo::play(&applications, &data, &env).await {
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

fn announce(crm: &Crm, data: &Data, with_demo: bool) {
    let addresses = crm.addresses();
    let place = match data {
        Data::Folder(folder) => folder.display().to_string(),
        Data::Memory => "memory, gone with the process".to_owned(),
    };
    let graphiql = if with_demo { format!("  GraphiQL  {}\n", url(addresses.gateway, "/graphiql")) } else { String::new() };
    print(&format!(
        "The CRM is running. Ctrl-C stops it.\n\n{graphiql}  GraphQL   {}\n  gRPC      auth {} · employee {} · customer {} · order {}\n  data      {place}\n",
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
