//! A running CRM, as somebody who uses it sees it: by GraphQL over HTTP.

use std::{
    io::Write as _,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail};
use serde_json::{Value, json};

/// How long something may take to come back, and how often it is looked for.
const PATIENCE: Duration = Duration::from_secs(120);
const POLL: Duration = Duration::from_millis(500);

/// A gateway, and somebody who is signed in there.
pub(crate) struct Crm {
    url: String,
    token: String,
}

impl Crm {
    /// Signs in.
    pub(crate) fn sign_in(url: &str, email: &str, password: &str) -> anyhow::Result<Self> {
        let mut crm = Self { url: format!("{url}/graphql"), token: String::new() };
        let query = "mutation ($email: EmailAddress!, $password: String!) {
            signIn(input: {email: $email, password: $password}) { session { accessToken } userErrors { message } }
        }";
        let answer = crm.ask(query, &json!({"email": email, "password": password}))?;
        let token = answer["signIn"]["session"]["accessToken"].as_str();
        token.with_context(|| format!("nobody is signed in: {answer}"))?.clone_into(&mut crm.token);
        Ok(crm)
    }

    /// What the gateway answers; an error where it has any.
    pub(crate) fn ask(&self, query: &str, variables: &Value) -> anyhow::Result<Value> {
        let body = json!({"query": query, "variables": variables}).to_string();
        let mut curl = Command::new("curl");
        curl.args(["--silent", "--show-error", "--max-time", "15", "--header", "content-type: application/json", "--config", "-"]);
        let mut curl = curl.args(["--data-raw", &body, &self.url]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        // Who runs programs here sees their arguments, but not what they read.
        let token = if self.token.is_empty() { String::new() } else { format!("header = \"authorization: Bearer {}\"\n", self.token) };
        curl.stdin.take().context("curl reads")?.write_all(token.as_bytes())?;
        let output = curl.wait_with_output()?;
        if !output.status.success() {
            bail!("{} did not answer", self.url);
        }
        let mut answer: Value = serde_json::from_slice(&output.stdout).context("the answer is no JSON")?;
        if !answer["errors"].is_null() {
            bail!("the answer has errors: {}", answer["errors"]);
        }
        Ok(answer["data"].take())
    }
}

/// Tries until it is done; the last failure where that takes too long.
pub(crate) fn until<T>(what: &str, attempt: impl Fn() -> anyhow::Result<T>) -> anyhow::Result<T> {
    let began = Instant::now();
    loop {
        match attempt() {
            Err(_) if began.elapsed() < PATIENCE => thread::sleep(POLL),
            other => return other.with_context(|| format!("{what}: not within {} s", PATIENCE.as_secs())),
        }
    }
}
