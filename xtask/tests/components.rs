//! What tests run against must be gone afterwards, even when nobody is left to end it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test's assertions")]

use std::{
    fs,
    io::{BufRead as _, BufReader},
    net::{SocketAddr, TcpStream},
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

#[test]
fn nothing_is_left_of_components_whose_owner_was_killed() {
    let temporary = tempfile::tempdir().unwrap();
    let mut owner = Command::new(env!("CARGO_BIN_EXE_xtask"))
        .arg("components")
        .env("TMPDIR", temporary.path())
        .env_remove("CRM_TEST_MONGODB_URL")
        .env_remove("CRM_TEST_RABBITMQ_URL")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(owner.stdout.take().unwrap()).lines().map_while(Result::ok);
    let addresses: Vec<SocketAddr> = lines.take(2).map(|line| address(&line)).collect();
    assert_eq!(addresses.len(), 2, "it did not start MongoDB and RabbitMQ");
    assert!(addresses.iter().all(|address| TcpStream::connect(address).is_ok()));
    assert!(fs::read_dir(temporary.path()).unwrap().count() > 0);

    owner.kill().unwrap();
    owner.wait().unwrap();
    let begin = Instant::now();
    while addresses.iter().any(|address| TcpStream::connect(address).is_ok()) || fs::read_dir(temporary.path()).unwrap().count() > 0 {
        assert!(begin.elapsed() < Duration::from_secs(30), "something of {addresses:?} or {} is left", temporary.path().display());
        thread::sleep(Duration::from_millis(20));
    }
}

/// Of a line such as `export NAME='amqp://guest:guest@127.0.0.1:20000/%2f'`.
fn address(line: &str) -> SocketAddr {
    let (_, url) = line.split_once("://").expect("an address");
    let host = url.split(['/', '\'']).next().unwrap();
    host.rsplit('@').next().unwrap().parse().unwrap()
}
