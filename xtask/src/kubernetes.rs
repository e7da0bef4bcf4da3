//! The charts on a cluster, tried: two pods of each program, MongoDB and RabbitMQ, in a namespace of its own.

use std::{
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context as _, bail, ensure};
use clap::Args;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    charts::Charts,
    crm::until,
    images::{PROGRAMS, SERVERS, image},
    output, run, tell, tools,
};

/// The release, and the namespace and kind cluster that are its own.
const RELEASE: &str = "crm";
const NAMESPACE: &str = "crm-try";
/// The chart of released versions.
const RELEASED: &str = "oci://ghcr.io/alva-clean/crm/charts/crm";
/// What Kubernetes puts into every namespace.
const OWN: [&str; 2] = ["configmap/kube-root-ca.crt", "serviceaccount/default"];
/// Asks questions through the gateway until it is told to stop; its last line has how many, and how many were not answered well.
const LOAD: &str = include_str!("kubernetes/load.sh");

/// How the charts are tried.
#[derive(Args)]
pub(crate) struct Kubernetes {
    /// On a cluster that kind makes for it, with the local images; else on that of kubectl's context.
    #[arg(long)]
    kind: bool,
    /// Install that released version first, whose images are local too, and upgrade from it.
    #[arg(long, value_name = "VERSION")]
    from: Option<String>,
    /// Passed to `helm install` and `helm upgrade`, such as `--set mongodb.image.tag=7.0`.
    #[arg(last = true)]
    arguments: Vec<String>,
}

/// Installs, tests, upgrades and breaks the CRM under load, and uninstalls it.
pub(crate) fn kubernetes(arguments: &Kubernetes) -> anyhow::Result<()> {
    let folder = TempDir::new()?;
    let kind = if arguments.kind { Some(tools::kind()?) } else { None };
    let kubeconfig = kind.is_some().then(|| folder.path().join("kubeconfig"));
    let trial = Trial { charts: Charts::new()?, kind, kubeconfig, arguments };
    let tried = trial.run();
    if tried.is_err() {
        let _ = run(trial.kubectl().args(["get", "pods,jobs", "--output", "wide"]));
        let _ = run(trial.kubectl().args(["get", "events", "--sort-by", "lastTimestamp"]));
        let _ = run(trial.kubectl().args(["logs", "--selector", "app.kubernetes.io/part-of=crm", "--tail", "20", "--prefix"]));
    }
    let removed = match &trial.kind {
        Some(kind) => run(trial.kind(kind).args(["delete", "cluster"])),
        None => run(trial.kubectl().args(["delete", "namespace", NAMESPACE, "--ignore-not-found"])),
    };
    tried.and(removed)
}

struct Trial<'a> {
    charts: Charts,
    /// The program that makes a cluster for it, and how to reach that one.
    kind: Option<PathBuf>,
    kubeconfig: Option<PathBuf>,
    arguments: &'a Kubernetes,
}

impl Trial<'_> {
    fn run(&self) -> anyhow::Result<()> {
        if let Some(kind) = &self.kind {
            run(self.kind(kind).args(["create", "cluster", "--wait", "120s"]))?;
            for version in self.arguments.from.iter().map(String::as_str).chain([env!("CARGO_PKG_VERSION")]) {
                self.load(kind, version)?;
            }
        }
        run(self.kubectl().args(["create", "namespace", NAMESPACE]))?;
        // What the charts promise to keep.
        run(self.kubectl().args(["label", "namespace", NAMESPACE, "pod-security.kubernetes.io/enforce=restricted"]))?;
        match &self.arguments.from {
            Some(version) => self.install("install", &self.released(version)?, &[])?,
            None => self.install("install", &self.charts.crm(), &[])?,
        }
        run(self.helm().args(["test", RELEASE]))?;

        let load = Load::begin(self)?;
        let rolls: Vec<String> = SERVERS.iter().map(|server| format!("--set-string={server}.podAnnotations.tried=again")).collect();
        self.install("upgrade", &self.charts.crm(), &rolls)?;
        for server in SERVERS {
            self.delete_a_pod(server)?;
        }
        let asked = load.end()?;
        run(self.helm().args(["test", RELEASE]))?;

        run(self.helm().args(["uninstall", RELEASE, "--wait"]))?;
        // Helm does not wait for pods that are still finishing.
        until("nothing is left of it", || {
            let left = self.left()?;
            ensure!(left.is_empty(), "after the uninstallation there is still {}", left.join(", "));
            Ok(())
        })?;
        tell(&format!("kubernetes: {asked} queries during an upgrade and the loss of a pod of each program, none failed"))
    }

    fn kind(&self, kind: &Path) -> Command {
        self.there(Command::new(kind), "--name")
    }

    fn kubectl(&self) -> Command {
        self.there(Command::new("kubectl"), "--namespace")
    }

    fn helm(&self) -> Command {
        self.there(self.charts.helm(), "--namespace")
    }

    /// A command on the cluster, at the place there that is the trial's own.
    fn there(&self, mut command: Command, at: &str) -> Command {
        command.args([at, NAMESPACE]).envs(self.kubeconfig.iter().map(|file| ("KUBECONFIG", file)));
        command
    }

    /// Gives kind the images of a version.
    fn load(&self, kind: &Path, version: &str) -> anyhow::Result<()> {
        let folder = TempDir::new()?;
        let archive = folder.path().join("images.tar");
        // kind can't load by name what Docker's containerd store has of several platforms.
        run(Command::new("docker").args(["save", "--output"]).arg(&archive).args(PROGRAMS.map(|program| image(program, version))))?;
        run(self.kind(kind).args(["load", "image-archive"]).arg(&archive))
    }

    /// The chart of a released version, with the files of values of its time.
    fn released(&self, version: &str) -> anyhow::Result<PathBuf> {
        run(self.helm().args(["pull", RELEASED, "--version", version, "--untar", "--untardir", "released"]))?;
        Ok(self.charts.folder().join("released/crm"))
    }

    /// Installs or upgrades: as for development, but two of each program, and an admin in the place of the demo.
    fn install(&self, how: &str, chart: &Path, set: &[String]) -> anyhow::Result<()> {
        let replicas = SERVERS.map(|server| format!("--set={server}.replicas=2"));
        let mut helm = self.helm();
        helm.args([how, RELEASE]).arg(chart).args(["--wait", "--timeout", "15m", "--values"]).arg(chart.join("values-development.yaml"));
        helm.args(set).args(replicas).args(["--set", "demo.enabled=false,auth.admin.enabled=true"]);
        run(helm.args(&self.arguments.arguments))
    }

    /// Deletes one, and waits until there is another.
    fn delete_a_pod(&self, server: &str) -> anyhow::Result<()> {
        let of = format!("app.kubernetes.io/name={server},app.kubernetes.io/component=server");
        let pods = output(self.kubectl().args(["get", "pods", "--output", "name", "--selector", &of]))?;
        let pod = pods.lines().next().with_context(|| format!("there is no pod of {server}"))?;
        run(self.kubectl().args(["delete", pod]))?;
        run(self.kubectl().args(["rollout", "status", &format!("deployment/{RELEASE}-{server}"), "--timeout", "5m"]))
    }

    /// What an uninstallation has left, but for the volumes.
    fn left(&self) -> anyhow::Result<Vec<String>> {
        const KINDS: &str = "all,configmaps,secrets,serviceaccounts,networkpolicies,poddisruptionbudgets,ingresses";
        let left = output(self.kubectl().args(["get", KINDS, "--output", "name"]))?;
        Ok(left.lines().filter(|name| !OWN.contains(name)).map(str::to_owned).collect())
    }
}

/// A pod that asks questions all the time.
struct Load<'a> {
    trial: &'a Trial<'a>,
    pod: String,
}

impl<'a> Load<'a> {
    /// Begins: as the pod of `helm test`, which may reach the gateway and has the admin's password, but with another script.
    fn begin(trial: &'a Trial<'a>) -> anyhow::Result<Self> {
        let hooks = output(trial.helm().args(["get", "hooks", RELEASE]))?;
        let mut pod = trial.read(&hooks)?.into_iter().find(|made| made["kind"] == "Pod").context("the chart has no test")?;
        let name = format!("{RELEASE}-load");
        pod["metadata"]["name"] = json!(name);
        pod["metadata"]["annotations"] = json!({});
        let spec = &mut pod["spec"];
        spec["containers"][0]["command"] = json!(["sh", "-c", LOAD]);
        push(&mut spec["containers"][0]["volumeMounts"], json!({"name": "tmp", "mountPath": "/tmp"}));
        push(&mut spec["volumes"], json!({"name": "tmp", "emptyDir": {}}));
        trial.feed(trial.kubectl().args(["create", "--filename", "-"]), &pod.to_string())?;
        let load = Self { trial, pod: format!("pod/{name}") };
        run(trial.kubectl().args(["wait", "--for", "condition=Ready", "--timeout", "2m", &load.pod]))?;
        Ok(load)
    }

    /// Ends; tells how many questions were asked, of which none may have failed.
    fn end(self) -> anyhow::Result<u32> {
        let kubectl = || self.trial.kubectl();
        run(kubectl().args(["exec", &self.pod, "--", "touch", "/tmp/stop"]))?;
        run(kubectl().args(["wait", "--for", "jsonpath={.status.phase}=Succeeded", "--timeout", "1m", &self.pod]))?;
        let log = output(kubectl().args(["logs", &self.pod]))?;
        run(kubectl().args(["delete", &self.pod]))?;
        let last = log.lines().last().unwrap_or_default();
        let counts: Vec<u32> = last.split(' ').filter_map(|count| count.parse().ok()).collect();
        match counts[..] {
            [asked, 0] if asked > 0 => Ok(asked),
            _ => bail!("queries failed:\n{log}"),
        }
    }
}

impl Trial<'_> {
    /// The resources in a text of YAML.
    fn read(&self, yaml: &str) -> anyhow::Result<Vec<Value>> {
        let text = self.feed(self.kubectl().args(["create", "--dry-run=client", "--output", "json", "--filename", "-"]), yaml)?;
        let resources = serde_json::Deserializer::from_str(&text).into_iter().collect::<Result<Vec<Value>, _>>()?;
        Ok(resources.into_iter().flat_map(|made| made["items"].as_array().cloned().unwrap_or_else(|| vec![made])).collect())
    }

    /// Runs a command that reads `input`, for its output.
    fn feed(&self, command: &mut Command, input: &str) -> anyhow::Result<String> {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        child.stdin.take().context("a command that reads")?.write_all(input.as_bytes())?;
        let output = child.wait_with_output()?;
        ensure!(output.status.success(), "{:?} failed", command.get_args());
        Ok(String::from_utf8(output.stdout)?)
    }
}

fn push(list: &mut Value, item: Value) {
    if let Some(list) = list.as_array_mut() {
        list.push(item);
    }
}
