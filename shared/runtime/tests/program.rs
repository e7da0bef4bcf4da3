//! A service as a process: its exit code, what it prints, and how it stops. The test binary runs itself as the program.

#![allow(clippy::unwrap_used, clippy::panic, reason = "this is a test with a main of its own")]

use std::{
    convert::Infallible,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    process::{Child, Command, ExitCode, Stdio},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use runtime::{
    Dependencies, Program, Service, Transport,
    net::{Connections, serve},
    transport::Remote,
};
use serde::Deserialize;
use serde_json::Value;
use tokio_util::sync::CancellationToken;
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};

const CHILD: &str = "be-the-program";
const PATIENCE: Duration = Duration::from_secs(30);
const PROGRAM: Program = Program { name: "order", about: "Orders", version: "1.2.3", settings: "broken = false", collections: &[] };

#[derive(Deserialize)]
struct Settings {
    broken: bool,
}

fn main() -> ExitCode {
    if std::env::args().any(|argument| argument == CHILD) {
        return PROGRAM.serve(async |settings: Settings, _: Dependencies| {
            let service = Service::new("order", tonic::service::Routes::default());
            Ok(service.task("doomed", move |_| async move { assert!(!settings.broken, "as it must be for this test") }))
        });
    }
    let runtime = tokio::runtime::Runtime::new().unwrap();
    a_bad_setting_is_one_line_and_an_exit_code();
    a_port_that_is_taken_is_one_line_and_an_exit_code();
    a_panic_is_a_line_in_the_log_and_an_exit_code();
    runtime.block_on(a_stop_that_is_asked_for_sends_the_last_traces_and_is_no_error());
    ExitCode::SUCCESS
}

/// The program with its data in `folder` and these settings.
fn start(folder: &tempfile::TempDir, settings: &[(&str, &str)]) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.arg(CHILD).env_clear().stderr(Stdio::piped()).stdout(Stdio::piped());
    command.env("ORDER__STORE__KIND", "sqlite").env("ORDER__STORE__PATH", folder.path().join("order.sqlite"));
    // Nobody is there.
    command.env("ORDER__BUS__URL", "amqp://crm:hunter2@127.0.0.1:1/%2f");
    for (variable, value) in settings {
        command.env(variable, value);
    }
    command.spawn().unwrap()
}

/// Waits for the program's end; its exit code and what it wrote to standard error.
fn ended(mut child: Child) -> (Option<i32>, String) {
    let began = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        assert!(began.elapsed() < PATIENCE, "the program does not end");
        std::thread::yield_now();
    };
    let mut text = String::new();
    if let Some(mut stderr) = child.stderr.take() {
        stderr.read_to_string(&mut text).unwrap();
    }
    (status.code(), text)
}

fn a_bad_setting_is_one_line_and_an_exit_code() {
    let folder = tempfile::tempdir().unwrap();
    let (code, text) = ended(start(&folder, &[("ORDER__GRPC__PORT", "fifty")]));
    assert_eq!(text, "order: grpc.port (ORDER__GRPC__PORT): must be a whole number\n");
    assert_eq!(code, Some(1));
}

fn a_port_that_is_taken_is_one_line_and_an_exit_code() {
    let (folder, taken) = (tempfile::tempdir().unwrap(), TcpListener::bind("127.0.0.1:0").unwrap());
    let port = taken.local_addr().unwrap().port().to_string();
    // A broker that is not there may be logged before.
    let settings = [("ORDER__GRPC__PORT", port.as_str()), ("ORDER__TELEMETRY__LOG_FILTER", "off")];
    let (code, text) = ended(start(&folder, &settings));
    assert!(text.starts_with(&format!("order: grpc.port: cannot listen on 127.0.0.1:{port}: the port is in use;")), "{text}");
    assert_eq!((text.lines().count(), code), (1, Some(1)), "{text}");
}

fn a_panic_is_a_line_in_the_log_and_an_exit_code() {
    let folder = tempfile::tempdir().unwrap();
    let (code, text) = ended(start(&folder, &[("ORDER__BROKEN", "true"), ("ORDER__TELEMETRY__LOG_FORMAT", "json")]));
    let panic = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()).find(|line| line["message"] == "panic");
    assert_eq!(panic.unwrap()["error.message"], "as it must be for this test");
    assert!(text.ends_with("order: the background task doomed broke; the log says where\n"), "{text}");
    assert_eq!(code, Some(1));
}

async fn a_stop_that_is_asked_for_sends_the_last_traces_and_is_no_error() {
    let (folder, collector) = (tempfile::tempdir().unwrap(), Collector::begin().await);
    let settings = [
        ("ORDER__TELEMETRY__OTLP_ENDPOINT", collector.endpoint.as_str()),
        ("ORDER__TELEMETRY__METRICS_PORT", "0"),
        ("ORDER__TELEMETRY__LOG_FORMAT", "json"),
    ];
    let mut child = start(&folder, &settings);
    let mut log = Log(BufReader::new(child.stderr.take().unwrap()));
    let address = log.wait_for("listening")["server.address"].as_str().unwrap().to_owned();
    let metrics: SocketAddr = log.wait_for("metrics are at /metrics")["server.address"].as_str().unwrap().parse().unwrap();

    let transport = Transport::remote(&format!("http://{address}"), &Remote::default()).unwrap();
    let answer = HealthClient::new(transport).check(HealthCheckRequest { service: "live".to_owned() }).await.unwrap();
    assert_eq!(answer.into_inner().status, 1, "SERVING");
    let scraped = tokio::task::spawn_blocking(move || scrape(metrics)).await.unwrap();
    assert!(scraped.starts_with("HTTP/1.1 200"), "{scraped}");
    assert!(scraped.contains("rpc_server_duration_seconds_bucket") && scraped.contains(r#"rpc_method="Check""#), "{scraped}");

    assert!(Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap().success());
    let (code, _) = tokio::task::spawn_blocking(move || ended(child)).await.unwrap();
    assert_eq!(code, Some(0));
    log.wait_for("asked to stop");
    assert!(collector.got("grpc.health.v1.Health/Check"), "the span of the call was not sent");
    assert!(collector.got("order"), "the span does not name its service");
}

fn scrape(address: SocketAddr) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET /metrics HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text
}

/// What the program logs.
struct Log(BufReader<std::process::ChildStderr>);

impl Log {
    /// The next line with this message; every line up to it must be JSON.
    fn wait_for(&mut self, message: &str) -> Value {
        let mut line = String::new();
        loop {
            line.clear();
            assert_ne!(self.0.read_line(&mut line).unwrap(), 0, "the log ends before {message:?}");
            let line: Value = serde_json::from_str(&line).unwrap();
            if line["message"] == message {
                return line;
            }
        }
    }
}

/// Takes traces, as an OpenTelemetry collector does.
struct Collector {
    endpoint: String,
    bytes: Arc<Mutex<Vec<u8>>>,
}

impl Collector {
    async fn begin() -> Self {
        let listener = runtime::net::bind("collector", Ipv4Addr::LOCALHOST.into(), 0).await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let bytes = Arc::new(Mutex::new(Vec::new()));
        let kept = bytes.clone();
        let service = tower::service_fn(move |request: http::Request<Incoming>| {
            let kept = kept.clone();
            async move {
                let body = request.into_body().collect().await.unwrap().to_bytes();
                kept.lock().unwrap().extend_from_slice(&body);
                // One empty message, and the status behind it.
                let trailers =
                    http::HeaderMap::from_iter([(http::HeaderName::from_static("grpc-status"), http::HeaderValue::from_static("0"))]);
                let body = Full::new(Bytes::from_static(&[0; 5])).with_trailers(std::future::ready(Some(Ok(trailers))));
                let response = http::Response::builder().header("content-type", "application/grpc").body(body).unwrap();
                Ok::<_, Infallible>(response)
            }
        });
        #[expect(clippy::disallowed_methods, reason = "it ends with the test")]
        tokio::spawn(serve(listener, service, Connections::http2(10), CancellationToken::new()));
        Self { endpoint, bytes }
    }

    fn got(&self, text: &str) -> bool {
        self.bytes.lock().unwrap().windows(text.len()).any(|window| window == text.as_bytes())
    }
}
