//! A client of the graph for whom a failure is an answer like any other.

use std::{error::Error as _, time::Duration};

use reqwest::header::AUTHORIZATION;
use serde_json::{Value, json};

/// The longest that a client waits: longer than the gateway.
const DEADLINE: Duration = Duration::from_secs(15);

/// Somebody at one gateway.
#[derive(Debug, Clone)]
pub(crate) struct Graph {
    http: reqwest::Client,
    base: String,
    token: String,
}

/// What came of a mutation.
#[derive(Debug, Clone)]
pub(crate) enum Answer {
    /// It is done; its payload.
    Done(Value),
    /// It was refused, with this code.
    Refused(String),
    /// The gateway could not be reached: nothing was asked.
    NotSent(String),
    /// Nobody knows whether it is done.
    Unknown(String),
}

impl Graph {
    /// Somebody with that token at the gateway at `base`.
    pub(crate) fn new(base: &str, token: &str) -> Self {
        Self { http: reqwest::Client::new(), base: base.to_owned(), token: token.to_owned() }
    }

    /// Runs the mutation `field`, whose input is of the type `<Field>Input`.
    pub(crate) async fn change(&self, field: &str, selection: &str, input: Value) -> Answer {
        let (first, rest) = field.split_at(1);
        let kind = format!("{}{rest}Input", first.to_uppercase());
        let query = format!("mutation($input: {kind}!) {{ {field}(input: $input) {{ {selection} userErrors {{ code message }} }} }}");
        let body = match self.run(&query, json!({ "input": input })).await {
            Ok(body) => body,
            Err(answer) => return answer,
        };
        if let Some(error) = body["errors"].get(0) {
            return Answer::Unknown(format!("{}: {}", error["extensions"]["code"], error["message"]));
        }
        let payload = &body["data"][field];
        match (payload.is_object(), payload["userErrors"][0]["code"].as_str()) {
            (true, None) => Answer::Done(payload.clone()),
            (true, Some(code)) => Answer::Refused(code.to_owned()),
            (false, _) => Answer::Unknown(format!("no payload in {body}")),
        }
    }

    /// The body that answers an operation.
    ///
    /// # Errors
    /// [`Answer::NotSent`] and [`Answer::Unknown`].
    pub(crate) async fn run(&self, query: &str, variables: Value) -> Result<Value, Answer> {
        let request = self.http.post(format!("{}/graphql", self.base)).timeout(DEADLINE);
        let request = request.header(AUTHORIZATION, format!("Bearer {}", self.token));
        let reply = request.json(&json!({ "query": query, "variables": variables })).send().await.map_err(|error| {
            let told = causes(&error);
            if error.is_connect() { Answer::NotSent(told) } else { Answer::Unknown(told) }
        })?;
        let status = reply.status();
        let body: Value = reply.json().await.map_err(|error| Answer::Unknown(format!("{status}: {}", causes(&error))))?;
        Ok(body)
    }
}

fn causes(error: &reqwest::Error) -> String {
    let mut told = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        told = format!("{told}: {error}");
        cause = error.source();
    }
    told
}
