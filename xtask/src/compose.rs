//! The CRM by compose, tried: on the local images, in a project of its own.

use std::{
    net::TcpListener,
    process::{self, Command},
};

use anyhow::{Context as _, ensure};
use serde_json::json;

use crate::{
    crm::{Crm, until},
    images::SERVERS,
    output, root, run, tell,
};

/// What the servers keep their data in; like them, it goes on by itself wherever it is killed.
const STORES: [&str; 2] = ["mongodb", "rabbitmq"];

/// How the README says that it is started, with the demo's data.
const UP: &str = "--profile demo up --wait";

/// Starts the CRM with its demo, works with it while each container is killed, stops and starts it, and removes it with its data.
pub(crate) fn compose() -> anyhow::Result<()> {
    let project = Project { name: format!("crm-try-{}", process::id()), port: free_port()? };
    let tried = project.try_it();
    if tried.is_err() {
        let _ = run(project.compose().args(["logs", "--no-color", "--tail", "50"]));
    }
    tried.and(run(project.compose().args(["--profile", "demo", "down", "--volumes"])))
}

struct Project {
    name: String,
    port: u16,
}

impl Project {
    fn compose(&self) -> Command {
        let mut command = Command::new("docker");
        command.current_dir(root()).args(["compose", "--project-name", &self.name]).env("CRM_PORT", self.port.to_string());
        command
    }

    fn up(&self) -> anyhow::Result<()> {
        run(self.compose().args(UP.split(' ')).args(["--wait-timeout", "600", "--no-build"]))
    }

    fn try_it(&self) -> anyhow::Result<()> {
        let url = format!("http://127.0.0.1:{}", self.port);
        self.up()?;
        let mut office = Office { url, taken: Vec::new() };
        office.take_an_order("before anything is killed")?;
        for container in SERVERS.into_iter().chain(STORES) {
            self.kill(container)?;
            office.take_an_order(&format!("after {container} was killed"))?;
        }
        run(self.compose().args(["--profile", "demo", "down"]))?;
        self.up()?;
        office.take_an_order("after all was stopped and started")?;
        tell(&format!("compose: {} orders were taken, and all are there", office.taken.len()))
    }

    /// Kills the container's first process, as a crash would: what Docker is told to kill it takes as stopped on purpose.
    fn kill(&self, container: &str) -> anyhow::Result<()> {
        let id = output(self.compose().args(["ps", "--quiet", container]))?;
        let of = |what: &str| output(Command::new("docker").args(["inspect", "--format", what, id.trim()]));
        let (process, began) = (of("{{.State.Pid}}")?, of("{{.State.StartedAt}}")?);
        let tools = output(self.compose().args(["config", "--images", "secrets"]))?;
        let tools = tools.lines().next().context("the image of the container that makes the secrets")?;
        run(Command::new("docker")
            .args(["run", "--rm", "--pid=host", "--user=0", "--cap-drop=ALL", "--cap-add=KILL", "--entrypoint", "/bin/bash", tools, "-c"])
            .arg(format!("kill -9 {}", process.trim())))?;
        until(&format!("{container} is back"), || {
            ensure!(of("{{.State.StartedAt}}")? != began && of("{{.State.Health.Status}}")?.trim() == "healthy");
            Ok(())
        })
    }
}

/// The office at work.
struct Office {
    url: String,
    /// The orders that were acknowledged, with the names of their customers.
    taken: Vec<(String, String)>,
}

impl Office {
    /// Takes the order of a new customer, which goes through two services and the events between them; then all that was taken is there.
    fn take_an_order(&mut self, when: &str) -> anyhow::Result<()> {
        let name = format!("Customer {when}");
        // A token lives for minutes only.
        let crm = until("somebody signs in", || Crm::sign_in(&self.url, "manager@alva.example", "alva-demo-2026"))?;
        let customer = until(&format!("a customer {when}"), || {
            let create = "mutation ($name: String!) { customerCreate(input: {type: ORGANISATION, name: $name, phone: \"+37120000000\",
                properties: [{label: \"Office\", address: {street: \"Brīvības iela 1\", city: \"Rīga\", postalCode: \"LV-1010\"}}]})
                { customer { id properties { id } } userErrors { field message } } }";
            let answer = crm.ask(create, &json!({"name": name}))?;
            ensure!(answer["customerCreate"]["customer"]["id"].is_string(), "{answer}");
            Ok(answer["customerCreate"]["customer"].clone())
        })?;
        let order = until(&format!("an order {when}"), || {
            let create = "mutation ($customer: ID!, $property: ID!) { orderCreate(input: {customerId: $customer, propertyId: $property,
                serviceType: SERVICE_CLEANING, startsAt: \"2030-03-01T08:00:00Z\", endsAt: \"2030-03-01T10:00:00Z\", crewSize: 1,
                priceTerms: {fixed: {amount: \"80.00\"}}}) { order { id } userErrors { field message } } }";
            let answer = crm.ask(create, &json!({"customer": customer["id"], "property": customer["properties"][0]["id"]}))?;
            answer["orderCreate"]["order"]["id"].as_str().map(ToOwned::to_owned).with_context(|| answer.to_string())
        })?;
        self.taken.push((order, name));
        until(&format!("all orders {when}"), || self.taken.iter().try_for_each(|(order, name)| find(&crm, order, name)))
    }
}

fn find(crm: &Crm, order: &str, name: &str) -> anyhow::Result<()> {
    let query = "query ($id: ID!) { node(id: $id) { ... on Order { customer { name } } } }";
    let answer = crm.ask(query, &json!({"id": order}))?;
    ensure!(answer["node"]["customer"]["name"] == name, "{order} of {name} is not there: {answer}");
    Ok(())
}

fn free_port() -> anyhow::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

#[cfg(test)]
mod tests {
    #[test]
    fn what_is_tried_is_what_the_readme_says() {
        let readme = std::fs::read_to_string(crate::root().join("README.md")).unwrap();
        assert!(readme.contains(&format!("docker compose {}\n", super::UP)));
    }
}
