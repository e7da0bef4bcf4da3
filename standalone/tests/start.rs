//! Starts that can't be: one line that says what to do, and an exit code that is not 0.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test's assertions")]

use std::{
    net::TcpListener,
    process::{Command, Output},
};

fn crm(arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_crm")).args(arguments).envs(variables.iter().copied()).output().unwrap()
}

/// The one line on standard error of a start that failed.
fn refusal(output: &Output) -> String {
    let text = String::from_utf8(output.stderr.clone()).unwrap();
    assert!(!output.status.success(), "it started: {text}");
    assert_eq!(text.trim_end().lines().count(), 1, "{text}");
    text
}

#[test]
fn a_port_that_is_taken_is_told_with_its_setting() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let text = refusal(&crm(&["serve", "--ephemeral", "--grpc-port", "0", "--port", &port], &[]));
    assert!(text.contains("gateway.http.port") && text.contains(&port) && text.contains("another port"), "{text}");
    let text = refusal(&crm(&["serve", "--ephemeral", "--port", "0", "--grpc-port", &port], &[]));
    assert!(text.contains("auth.grpc.port"), "{text}");
}

#[test]
fn a_data_folder_that_is_a_file_is_told() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let text = refusal(&crm(&["serve", "--port", "0", "--grpc-port", "0", "--data", file.path().to_str().unwrap()], &[]));
    assert!(text.contains("--data"), "{text}");
}

#[test]
fn a_data_folder_of_a_newer_version_is_told_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("order.sqlite");
    let newer = rusqlite::Connection::open(&file).unwrap();
    newer.pragma_update(None, "user_version", 9_999).unwrap();
    drop(newer);
    let text = refusal(&crm(&["serve", "--port", "0", "--grpc-port", "0", "--data", folder.path().to_str().unwrap()], &[]));
    assert!(text.contains("newer"), "{text}");
}

#[test]
fn unknown_and_bad_settings_are_told_with_their_variable() {
    let text = refusal(&crm(&["serve", "--ephemeral"], &[("CRM__GATEWAY__HTTP__PROT", "1")]));
    assert!(text.contains("PROT") || text.contains("prot"), "{text}");
    let text = refusal(&crm(&["serve", "--ephemeral"], &[("CRM__ORDER__GRPC__PORT", "many")]));
    assert!(text.contains("CRM__ORDER__GRPC__PORT"), "{text}");
}

#[test]
fn settings_that_a_service_has_only_as_a_program_of_its_own_are_no_settings_here() {
    for variable in ["CRM__ORDER__STORE__PATH", "CRM__ORDER__BUS__URL", "CRM__CUSTOMER__AUTH__URL", "CRM__AUTH__AUTH__ISSUER"] {
        let text = refusal(&crm(&["serve", "--ephemeral"], &[(variable, "x")]));
        assert!(text.starts_with(&format!("crm: {variable} is no setting")), "{text}");
    }
}

#[test]
fn what_would_outlive_memory_is_refused_with_it() {
    for (variable, value, key) in [("CRM__STORE__KIND", "mongodb", "store.kind"), ("CRM__BUS__KIND", "rabbitmq", "bus.kind")] {
        let text = refusal(&crm(&["serve", "--ephemeral"], &[(variable, value)]));
        assert!(text.starts_with("crm: --ephemeral: ") && text.contains(&format!("{key} ({variable})")), "{text}");
    }
}

#[test]
fn kinds_and_addresses_that_are_none_are_told_and_secrets_are_not() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = ["serve", "--port", "0", "--grpc-port", "0", "--data", folder.path().to_str().unwrap()];
    let (mongodb, rabbitmq) = (("CRM__STORE__KIND", "mongodb"), ("CRM__BUS__KIND", "rabbitmq"));
    for (variables, expected) in [
        (vec![("CRM__STORE__KIND", "postgres")], "store.kind (CRM__STORE__KIND): must be one of mongodb, sqlite"),
        (vec![("CRM__BUS__KIND", "kafka")], "bus.kind (CRM__BUS__KIND): must be one of rabbitmq, in-process"),
        (vec![mongodb, ("CRM__STORE__URL", "")], "store.url (CRM__STORE__URL): must be"),
        (vec![mongodb, ("CRM__STORE__URL", "http://crm:hunter2@db")], "store.url (CRM__STORE__URL): "),
        (vec![mongodb, ("CRM__STORE__DATABASE", "a/b")], "store.database (CRM__STORE__DATABASE): must be"),
        (vec![rabbitmq, ("CRM__BUS__URL", "http://crm:hunter2@mq")], "bus.url (CRM__BUS__URL): must be"),
        (vec![rabbitmq, ("CRM__BUS__NAMESPACE", "a b")], "bus.namespace (CRM__BUS__NAMESPACE): must be"),
    ] {
        let text = refusal(&crm(&arguments, &variables));
        assert!(text.contains(expected) && !text.contains("hunter2"), "{text}");
    }
    let printed = crm(&["settings"], &[("CRM__STORE__URL", "mongodb://crm:hunter2@db")]);
    let printed = String::from_utf8(printed.stdout).unwrap();
    assert!(printed.contains("[order.grpc]") && !printed.contains("hunter2"), "only defaults are printed");
    assert!(!printed.contains("[order.store]") && !printed.contains("[auth.auth]"), "{printed}");
}
