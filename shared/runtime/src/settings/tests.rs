//! What must hold of settings.

use std::io::Write as _;

use secrecy::ExposeSecret as _;
use serde::Deserialize;

use super::{Common, Settings, SettingsError, load};

const DEFAULTS: &str = r#"
zone = "Europe/Riga"
[grpc]
port = 50054
[mail]
password = ""
from = ["a@example.com"]
on = false
ratio = 0.5
"#;

#[derive(Debug, Deserialize)]
struct Mail {
    password: String,
    from: Vec<String>,
    on: bool,
    ratio: f64,
}

#[derive(Debug, Deserialize)]
struct Own {
    zone: String,
    mail: Mail,
}

fn read(variables: &[(&str, &str)]) -> Result<Settings, SettingsError> {
    let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Settings::new("ORDER", &[("", super::COMMON), ("", super::GRPC), ("", super::KEYS), ("", DEFAULTS)], variables)
}

fn refusal(variables: &[(&str, &str)]) -> String {
    let settings = match read(variables) {
        Ok(settings) => settings,
        Err(error) => return error.to_string(),
    };
    settings.extract::<Common>().unwrap_err().to_string()
}

#[test]
fn defaults_hold_where_nothing_is_set() {
    let settings = read(&[("PATH", "/bin"), ("ORDER_PORT", "tcp://10.0.0.1:80")]).unwrap();
    let common: Common = settings.extract().unwrap();
    assert_eq!(common.grpc.port, 50054);
    assert_eq!(common.grpc.call_timeout.as_secs(), 10);
    assert_eq!(settings.extract::<Own>().unwrap().zone, "Europe/Riga");
}

#[test]
fn the_environment_sets_keys_with_the_type_of_their_default() {
    let settings = read(&[
        ("ORDER__GRPC__PORT", "0"),
        ("ORDER__GRPC__CALL_TIMEOUT", "500ms"),
        ("ORDER__MAIL__PASSWORD", "12345"),
        ("ORDER__MAIL__FROM", "b@example.com, c@example.com"),
        ("ORDER__MAIL__ON", "true"),
        ("ORDER__MAIL__RATIO", "1"),
        ("ORDER__ZONE", "UTC"),
    ])
    .unwrap();
    let (common, own) = (settings.extract::<Common>().unwrap(), settings.extract::<Own>().unwrap());
    assert_eq!((common.grpc.port, common.grpc.call_timeout.as_millis()), (0, 500));
    assert_eq!((own.zone.as_str(), own.mail.password.as_str(), own.mail.on), ("UTC", "12345", true));
    assert_eq!(own.mail.from, ["b@example.com", "c@example.com"]);
    assert!(own.mail.ratio > 0.9);
}

#[test]
fn an_unknown_key_is_named_with_what_there_is() {
    assert_eq!(
        refusal(&[("ORDER__GRPC__PROT", "1")]),
        "ORDER__GRPC__PROT is no setting; grpc has address, call_timeout, max_concurrent_streams, max_connections, port, stop_timeout"
    );
    assert!(refusal(&[("ORDER__NOTHING", "1")]).contains("there are auth, bus, grpc, mail, store, telemetry, zone"));
    assert!(refusal(&[("ORDER__GRPC", "1")]).contains("is a section"));
    assert!(refusal(&[("ORDER__ZONE__X", "1")]).contains("is no setting"));
}

#[test]
fn a_value_that_is_not_allowed_is_refused_with_its_key_and_what_is_allowed() {
    assert_eq!(refusal(&[("ORDER__GRPC__PORT", "fifty")]), "grpc.port (ORDER__GRPC__PORT): must be a whole number");
    assert_eq!(refusal(&[("ORDER__GRPC__PORT", "70000")]), "grpc.port (ORDER__GRPC__PORT): must be u16");
    assert!(refusal(&[("ORDER__GRPC__CALL_TIMEOUT", "0s")]).contains("grpc.call_timeout (ORDER__GRPC__CALL_TIMEOUT): must be a duration"));
    assert_eq!(
        refusal(&[("ORDER__TELEMETRY__METRICS_PORT", "70000")]),
        "telemetry.metrics_port (ORDER__TELEMETRY__METRICS_PORT): must be a port, 0 for any free one or -1 for none"
    );
    assert!(refusal(&[("ORDER__TELEMETRY__LOG_FORMAT", "xml")]).ends_with("must be one of auto, text, json"));
    assert_eq!(refusal(&[("ORDER__STORE__KIND", "postgres")]), "store.kind (ORDER__STORE__KIND): must be one of mongodb, sqlite");
    assert_eq!(refusal(&[("ORDER__BUS__KIND", "kafka")]), "bus.kind (ORDER__BUS__KIND): must be one of rabbitmq, in-process");
    assert!(refusal(&[("ORDER__GRPC__ADDRESS", "here")]).starts_with("grpc.address (ORDER__GRPC__ADDRESS): "));
}

#[test]
fn a_secret_is_read_from_the_file_that_its_variable_names() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    writeln!(file, "hunter2").unwrap();
    let settings = read(&[("ORDER__MAIL__PASSWORD_FILE", file.path().to_str().unwrap())]).unwrap();
    assert_eq!(settings.section::<Mail>("mail").unwrap().password, "hunter2");
    assert!(
        refusal(&[("ORDER__MAIL__PASSWORD_FILE", "/nowhere/at/all")])
            .starts_with("ORDER__MAIL__PASSWORD_FILE: cannot read /nowhere/at/all")
    );
}

#[test]
fn an_address_with_a_password_is_read_from_a_file_too_and_never_shown() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    writeln!(file, "mongodb://crm:hunter2@db/").unwrap();
    let settings =
        read(&[("ORDER__STORE__URL_FILE", file.path().to_str().unwrap()), ("ORDER__BUS__URL", "amqp://crm:hunter2@mq")]).unwrap();
    let common: Common = settings.extract().unwrap();
    assert_eq!((common.store.url.expose_secret(), common.bus.url.expose_secret()), ("mongodb://crm:hunter2@db/", "amqp://crm:hunter2@mq"));
    for shown in [format!("{settings:?}"), format!("{common:?}")] {
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}

#[test]
fn a_section_can_hold_the_defaults_of_another_program() {
    let variables = [("CRM__ORDER__MAIL__ON".to_owned(), "true".to_owned())];
    let mut settings = Settings::new("CRM", &[("", "zone = 'UTC'"), ("order", DEFAULTS)], variables).unwrap();
    settings.set("order.mail.ratio", "0.25").unwrap();
    let own: Own = settings.section("order").unwrap();
    assert!(own.mail.on);
    assert!(own.mail.ratio < 0.3);
    assert_eq!(settings.variable("order.mail.on"), "CRM__ORDER__MAIL__ON");
}

#[test]
fn a_key_that_is_given_goes_before_the_defaults() {
    let own: Own = load(DEFAULTS, "NOBODY_SETS_THIS", &[("zone", "UTC".to_owned()), ("mail.on", "true".to_owned())]).unwrap();
    assert!(own.zone == "UTC" && own.mail.on);
    let error = load::<Own>(DEFAULTS, "NOBODY_SETS_THIS", &[("mail.off", "true".to_owned())]).unwrap_err();
    assert_eq!(error.to_string(), "mail.off is no setting; mail has from, on, password, ratio");
}
