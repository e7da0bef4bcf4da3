//! A client of the GraphQL endpoint.

use reqwest::header::AUTHORIZATION;
use serde_json::{Value, json};

/// A caller of the graph: somebody who signed in, or nobody.
#[derive(Debug, Clone)]
pub struct Graph {
    http: reqwest::Client,
    /// Where the gateway is: `http://localhost:8080`.
    pub base: String,
    token: Option<String>,
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The number of gRPC calls that the request made, where the gateway tells.
    pub rpcs: Option<u32>,
    /// The body.
    pub body: Value,
}

impl Reply {
    /// The data, for a request that must have no errors.
    ///
    /// # Panics
    /// Where there is any.
    #[must_use]
    pub fn data(&self) -> &Value {
        assert!(self.body.get("errors").is_none() && self.status == 200, "{self:#?}");
        &self.body["data"]
    }

    /// The codes of the errors.
    #[must_use]
    pub fn codes(&self) -> Vec<&str> {
        let errors = self.body["errors"].as_array();
        errors.into_iter().flatten().filter_map(|error| error["extensions"]["code"].as_str()).collect()
    }
}

impl Graph {
    /// A caller who is not signed in.
    #[must_use]
    pub fn new(base: impl Into<String>) -> Self {
        Self { http: reqwest::Client::new(), base: base.into(), token: None }
    }

    /// The same caller with an access token.
    #[must_use]
    pub fn with_token(&self, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..self.clone() }
    }

    /// The caller's access token.
    #[must_use]
    pub fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    /// Signs in.
    ///
    /// # Panics
    /// Where that is refused.
    pub async fn sign_in(&self, email: &str, password: &str) -> Self {
        let query = "mutation($input: SignInInput!) { signIn(input: $input) { session { accessToken } userErrors { message } } }";
        let reply = self.run(query, json!({ "input": { "email": email, "password": password } })).await;
        let token = reply.data()["signIn"]["session"]["accessToken"].as_str().unwrap_or_else(|| panic!("{reply:#?}"));
        self.with_token(token)
    }

    /// Sends an operation.
    ///
    /// # Panics
    /// Where there is no answer, or one that is not JSON.
    pub async fn run(&self, query: &str, variables: Value) -> Reply {
        let mut request = self.http.post(format!("{}/graphql", self.base)).header("x-rpc-count", "1");
        if let Some(token) = &self.token {
            request = request.header(AUTHORIZATION, format!("Bearer {token}"));
        }
        let reply = request.json(&json!({ "query": query, "variables": variables })).send().await.expect("an answer");
        Reply {
            status: reply.status().as_u16(),
            rpcs: reply.headers().get("x-rpc-count").map(|count| count.to_str().unwrap().parse().unwrap()),
            body: reply.json().await.expect("JSON"),
        }
    }

    /// Sends an operation that must have no errors, and gives its data.
    ///
    /// # Panics
    /// Where it has any.
    pub async fn data(&self, query: &str, variables: Value) -> Value {
        self.run(query, variables).await.data().clone()
    }

    /// Runs the mutation `field`, whose input is of the type `<Field>Input`, and gives its payload, which must have no
    /// user errors. `selection` is what is selected on the payload.
    ///
    /// # Panics
    /// Where it has any.
    pub async fn change(&self, field: &str, selection: &str, input: Value) -> Value {
        let payload = self.attempt(field, selection, input).await;
        assert_eq!(payload["userErrors"], json!([]), "{field}");
        payload
    }

    /// As [`change`](Self::change), with the user errors left to the caller.
    ///
    /// # Panics
    /// Where the request as a whole failed.
    pub async fn attempt(&self, field: &str, selection: &str, input: Value) -> Value {
        let (first, rest) = field.split_at(1);
        let query = format!(
            "mutation($input: {}{rest}Input!) {{ {field}(input: $input) {{ {selection} userErrors {{ field code message currentVersion details {{ name value }} }} }} }}",
            first.to_uppercase()
        );
        self.data(&query, json!({ "input": input })).await[field].clone()
    }
}
