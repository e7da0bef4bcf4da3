//! A viewer who is signed in: a manager of the demo.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use anyhow::Context as _;
use serde_json::{Value, json};
use standalone::demo;

use crate::{compare::data, http::Connection, queries::graphql};

const EMAIL: &str = "manager@alva.example";
/// An access token lives for five minutes. One younger than this is good for another measurement.
const FRESH: Duration = Duration::from_secs(150);

/// The viewer's session.
pub(crate) struct Session {
    gateway: SocketAddr,
    access_token: String,
    refresh_token: String,
    refreshed: Instant,
}

impl Session {
    /// Signs in at a gateway.
    pub(crate) async fn begin(gateway: SocketAddr) -> anyhow::Result<Self> {
        let mut session = Self { gateway, access_token: String::new(), refresh_token: String::new(), refreshed: Instant::now() };
        let input = json!({ "email": EMAIL, "password": demo::PASSWORD });
        session.obtain("signIn", "SignInInput", &input).await.context("signing in")?;
        Ok(session)
    }

    /// An access token that is good for some minutes.
    pub(crate) async fn token(&mut self) -> anyhow::Result<String> {
        if self.refreshed.elapsed() > FRESH {
            let input = json!({ "refreshToken": self.refresh_token });
            self.obtain("sessionRefresh", "SessionRefreshInput", &input).await.context("refreshing the session")?;
        }
        Ok(self.access_token.clone())
    }

    async fn obtain(&mut self, mutation: &str, kind: &str, input: &Value) -> anyhow::Result<()> {
        let document = format!(
            "mutation($input: {kind}!) {{ {mutation}(input: $input) {{ session {{ accessToken refreshToken }} userErrors {{ message }} }} }}"
        );
        let request = graphql(&json!({ "query": document, "variables": { "input": input } }), None)?;
        let answer = Connection::open(self.gateway).await?.send(request).await?;
        let payload = &data(&answer.body)?[mutation];
        let token = |name: &str| payload["session"][name].as_str().map(str::to_owned).with_context(|| format!("answered {payload}"));
        (self.access_token, self.refresh_token, self.refreshed) = (token("accessToken")?, token("refreshToken")?, Instant::now());
        Ok(())
    }
}
