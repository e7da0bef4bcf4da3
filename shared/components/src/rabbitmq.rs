//! A RabbitMQ of its own.

use std::{
    ffi::OsString,
    fs,
    io::{Read as _, Write as _},
    net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream},
    path::Path,
    process::Command,
    time::Duration,
};

use anyhow::{Context as _, Result};

use crate::{
    command,
    container::Container,
    guardian::Home,
    locate::{self, Found},
    node::Node,
    port::Port,
    program::{Program, in_netns},
    wait,
};

/// How long one question may take.
const QUESTION: Duration = Duration::from_secs(1);
/// The Erlang node. Each broker has a name server of its own, so that all may have the same name.
const NODE: &str = "crm@localhost";
/// Below this much free space publishers are blocked: so little that it happens by [`RabbitMq::block`] only.
const FREE_DISK: &str = "10MB";
const IMAGE: &str = "rabbitmq:4";
const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// How a broker is started.
#[derive(Debug, Clone)]
pub struct RabbitOptions {
    /// The address it listens at, which must be reachable from here as well.
    pub bind: IpAddr,
    /// The network namespace (`ip netns`) it runs in; its loopback must be up.
    pub netns: Option<String>,
}

impl Default for RabbitOptions {
    fn default() -> Self {
        Self { bind: LOOPBACK, netns: None }
    }
}

/// A broker; it ends, and its data goes, when this is dropped or the process that started it ends.
#[derive(Debug)]
pub struct RabbitMq {
    // Dropped in this order: the broker ends before its name server and before its folder goes.
    node: Node,
    _names: Option<Program>,
    address: SocketAddr,
    control: Control,
    _ports: Vec<Port>,
    _home: Home,
}

/// How `rabbitmqctl` is run for this broker.
#[derive(Debug)]
struct Control {
    line: Vec<OsString>,
    environment: Vec<(&'static str, OsString)>,
}

impl RabbitMq {
    /// Starts a broker and waits until it answers.
    ///
    /// # Errors
    /// Where no RabbitMQ can be found, with all that was tried, or where it can't be started.
    pub fn start() -> Result<Self> {
        Self::start_with(RabbitOptions::default())
    }

    /// Starts a broker and waits until it answers.
    ///
    /// # Errors
    /// Where no RabbitMQ can be found, with all that was tried, or where it can't be started.
    pub fn start_with(options: RabbitOptions) -> Result<Self> {
        let mut broker = match locate::rabbitmq(IMAGE, options.netns.is_some())? {
            Found::Installed(server) => Self::installed(&server, &options)?,
            Found::Docker => Self::docker(options.bind)?,
        };
        let address = broker.address;
        broker.node.start(|| answers(address)).context("RabbitMQ can't be started")?;
        Ok(broker)
    }

    /// Its address, with the virtual host.
    #[must_use]
    pub fn url(&self) -> String {
        format!("amqp://guest:guest@{}/%2f", self.address)
    }

    /// Kills it at once, as `kill -9` does.
    pub fn kill(&mut self) {
        self.node.kill();
    }

    /// Starts it again with its data and at its port, and waits until it answers.
    ///
    /// # Errors
    /// Where it does not come up.
    pub fn restart(&mut self) -> Result<()> {
        let address = self.address;
        self.node.kill();
        self.node.start(|| answers(address)).context("RabbitMQ can't be restarted")
    }

    /// Freezes it: it keeps its connections and answers nothing.
    pub fn pause(&self) {
        self.node.pause();
    }

    /// Ends [`pause`](Self::pause).
    pub fn resume(&self) {
        self.node.resume();
    }

    /// Runs `rabbitmqctl` on it, and returns what it prints.
    ///
    /// # Errors
    /// Where it fails, with what it said.
    pub fn control(&self, arguments: &[&str]) -> Result<String> {
        let Control { line, environment } = &self.control;
        let variables = environment.iter().map(|(name, value)| (name, value));
        command::output(Command::new(&line[0]).args(&line[1..]).args(arguments).envs(variables), wait::PATIENCE)
    }

    /// Makes it believe that its disk is full: publishers are blocked.
    ///
    /// # Errors
    /// Where it does not answer.
    pub fn block(&self) -> Result<()> {
        self.control(&["set_disk_free_limit", "1000000GB"]).map(drop)
    }

    /// Ends [`block`](Self::block).
    ///
    /// # Errors
    /// Where it does not answer.
    pub fn unblock(&self) -> Result<()> {
        self.control(&["set_disk_free_limit", FREE_DISK]).map(drop)
    }

    fn installed(server: &Path, options: &RabbitOptions) -> Result<Self> {
        let home = Home::new("rabbitmq", None)?;
        let [port, distribution, names] = [Port::reserve(options.bind)?, Port::reserve(LOOPBACK)?, Port::reserve(LOOPBACK)?];
        let address = SocketAddr::new(options.bind, port.number());
        let netns = options.netns.as_deref();

        let mut name_server = Program::new(&home, "names", in_netns(netns, epmd(&names, &["-address", "127.0.0.1"])));
        name_server.start()?;
        let ask = in_netns(netns, epmd(&names, &["-names"]));
        wait::find(wait::PATIENCE, || command::output(Command::new(&ask[0]).args(&ask[1..]), QUESTION).ok())
            .context("epmd, Erlang's name server, can't be started")?;

        let environment = environment(home.folder(), address, &distribution, &names)?;
        let node = Program::new(&home, "broker", in_netns(netns, [server.into()])).environment(environment.clone());
        let control = [server.with_file_name("rabbitmqctl").into(), "--node".into(), NODE.into()];
        Ok(Self {
            node: Node::Program(node),
            _names: Some(name_server),
            address,
            control: Control { line: in_netns(netns, control), environment },
            _ports: vec![port, distribution, names],
            _home: home,
        })
    }

    fn docker(bind: IpAddr) -> Result<Self> {
        let home = Home::new("rabbitmq", None)?;
        let port = Port::reserve(bind)?;
        let address = SocketAddr::new(bind, port.number());
        let node = Container::new(&home, "broker", vec![format!("--publish={address}:5672"), IMAGE.to_owned()])?;
        let control = ["docker", "exec", node.name(), "rabbitmqctl"].map(OsString::from).into();
        Ok(Self {
            node: Node::Container(node),
            _names: None,
            address,
            control: Control { line: control, environment: Vec::new() },
            _ports: vec![port],
            _home: home,
        })
    }
}

/// Whether a broker begins the conversation of AMQP 0-9-1: with the method `connection.start`.
fn answers(server: SocketAddr) -> Option<()> {
    let mut stream = TcpStream::connect_timeout(&server, QUESTION).ok()?;
    stream.set_read_timeout(Some(QUESTION)).ok()?;
    stream.write_all(b"AMQP\x00\x00\x09\x01").ok()?;
    let mut frame = [0; 11]; // type, channel, size, class, method
    stream.read_exact(&mut frame).ok()?;
    (frame[0] == 1 && frame[7..] == [0, 10, 0, 10]).then_some(())
}

/// Erlang's name server at a port of its own.
fn epmd(port: &Port, arguments: &[&str]) -> Vec<OsString> {
    let port = port.number().to_string();
    ["epmd", "-port", &port].into_iter().chain(arguments.iter().copied()).map(OsString::from).collect()
}

/// Where a broker has its files, ports and settings; nothing of the system's broker.
fn environment(folder: &Path, address: SocketAddr, distribution: &Port, names: &Port) -> Result<Vec<(&'static str, OsString)>> {
    let settings = format!("listeners.tcp.local = {address}\nloopback_users = none\ndisk_free_limit.absolute = {FREE_DISK}\n");
    fs::write(folder.join("rabbitmq.conf"), settings).context("RabbitMQ's settings can't be written")?;
    let text = |text: &str| OsString::from(text);
    let file = |name| folder.join(name).into_os_string();
    Ok(vec![
        ("HOME", folder.into()), // of the cookie with which rabbitmqctl proves who it is
        ("RABBITMQ_NODENAME", text(NODE)),
        ("RABBITMQ_MNESIA_BASE", file("data")),
        ("RABBITMQ_LOG_BASE", file("log")),
        ("RABBITMQ_LOGS", text("-")),
        ("RABBITMQ_PID_FILE", file("broker-pid")),
        ("RABBITMQ_CONFIG_FILE", file("rabbitmq.conf")),
        ("RABBITMQ_ADVANCED_CONFIG_FILE", file("advanced.config")),
        ("RABBITMQ_CONF_ENV_FILE", file("rabbitmq-env.conf")),
        ("RABBITMQ_GENERATED_CONFIG_DIR", file("config")),
        ("RABBITMQ_ENABLED_PLUGINS_FILE", file("plugins")),
        ("RABBITMQ_FEATURE_FLAGS_FILE", file("feature-flags")),
        ("RABBITMQ_DIST_PORT", distribution.number().to_string().into()),
        ("ERL_EPMD_PORT", names.number().to_string().into()),
        ("ERL_EPMD_ADDRESS", text("127.0.0.1")),
        ("ERL_CRASH_DUMP_SECONDS", text("0")), // none: it would be written wherever tests run
        // Two schedulers do for tests, however many cores there are; other machines have no business with it.
        ("RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS", text("+S 2:2 -kernel inet_dist_use_interface {127,0,0,1}")),
        // The script becomes the broker instead of waiting for it: who waits for the process has waited for the broker.
        ("RUNNING_UNDER_SYSTEMD", text("true")),
    ])
}

#[cfg(test)]
mod tests;
