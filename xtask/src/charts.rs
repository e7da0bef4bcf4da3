//! The Helm charts, as they are rendered.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, bail};
use tempfile::TempDir;

use crate::{images::PROGRAMS, output, root, run, tools};

/// The files of values of the chart crm, and what is given with each so that no password is made up.
const VALUES: [(&str, &str); 3] = [
    ("development", "global.mongodb.existingSecret.name=mongodb,global.rabbitmq.existingSecret.name=rabbitmq"),
    ("staging", "auth.admin.existingSecret.name=admin"),
    ("production", ""),
];

/// The versions of Kubernetes that the charts must be right for: the oldest, one in the middle, the newest. Helm is told the middle one.
const KUBERNETES: [&str; 3] = ["1.30.0", "1.34.0", "1.37.0"];
/// Of what is in no schema: it comes with operators.
const OTHERS: &str = "ServiceMonitor,PrometheusRule,HTTPRoute";

/// Copies of the charts, with what they depend on.
pub(crate) struct Charts {
    helm: PathBuf,
    folder: TempDir,
}

impl Charts {
    /// Copies them.
    pub(crate) fn new() -> anyhow::Result<Self> {
        let (helm, folder) = (tools::helm()?, TempDir::new()?);
        let charts = root().join("charts");
        tools::each_file(&charts, &|file| {
            let name = file.strip_prefix(&charts)?;
            // What helm has made beside the originals is left there.
            if name.components().nth(1).is_some_and(|part| part.as_os_str() == "charts") || name.ends_with("Chart.lock") {
                return Ok(());
            }
            let copy = folder.path().join(name);
            fs::create_dir_all(copy.parent().context("a folder")?)?;
            Ok(fs::copy(file, copy).map(drop)?)
        })?;
        let charts = Self { helm, folder };
        // Those of the servers before crm, which has all of them.
        for chart in PROGRAMS {
            output(charts.helm().args(["dependency", "update", "--skip-refresh", chart]))?;
        }
        Ok(charts)
    }

    /// Helm, in the folder of the charts.
    pub(crate) fn helm(&self) -> Command {
        let mut command = Command::new(&self.helm);
        command.current_dir(self.folder.path());
        command
    }

    /// Where they are.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Where the chart crm is.
    pub(crate) fn crm(&self) -> PathBuf {
        self.folder().join("crm")
    }

    /// The chart with that file of values, or with none, and with `set` as `--set` takes it; else what helm says.
    fn render(&self, chart: &str, values: Option<&str>, set: &str) -> anyhow::Result<String> {
        let mut template = self.helm();
        template.args(["template", "crm", chart, "--namespace", "crm", "--kube-version", KUBERNETES[1]]);
        template.args(["--api-versions", "monitoring.coreos.com/v1", "--set", set]);
        template.args(values.map(|values| format!("--values=crm/values-{values}.yaml")));
        let output = template.output()?;
        if !output.status.success() {
            bail!("{}", String::from_utf8_lossy(&output.stderr));
        }
        Ok(String::from_utf8(output.stdout)?)
    }
}

/// Where the golden render with that file of values is.
fn golden(values: &str) -> PathBuf {
    root().join("charts/golden").join(format!("{values}.yaml"))
}

/// Writes the golden renders.
pub(crate) fn write() -> anyhow::Result<()> {
    let charts = Charts::new()?;
    for (values, set) in VALUES {
        fs::write(golden(values), charts.render("crm", Some(values), set)?)?;
    }
    Ok(())
}

/// Checks the charts and what they make.
pub(crate) fn lint() -> anyhow::Result<()> {
    let charts = Charts::new()?;
    let lint = |chart: &str| {
        let mut lint = charts.helm();
        lint.args(["lint", "--strict", "--quiet", "--kube-version", KUBERNETES[1], chart]);
        lint
    };
    for chart in PROGRAMS.iter().chain(["library"].iter()) {
        run(&mut lint(chart))?;
    }
    for (values, set) in VALUES {
        run(lint("crm").arg(format!("--values=crm/values-{values}.yaml")).args(["--set", set]))?;
    }
    let schemas = tools::schemas()?.join("kubernetes_validate/kubernetes-json-schema");
    for version in KUBERNETES {
        let mut conform = Command::new("kubeconform");
        conform.current_dir(root()).args(["-strict", "-summary", "-kubernetes-version", version, "-skip", OTHERS, "-schema-location"]);
        run(conform.arg(location(&schemas)).arg("charts/golden"))?;
    }
    run(Command::new("checkov").current_dir(root()).args(["--config-file", "charts/.checkov.yaml"]))
}

/// How kubeconform finds a schema.
fn location(schemas: &Path) -> String {
    format!(
        "{}/{{{{ .NormalizedKubernetesVersion }}}}-local{{{{ .StrictSuffix }}}}/{{{{ .ResourceKind }}}}{{{{ .KindSuffix }}}}.json",
        schemas.display()
    )
}

#[cfg(test)]
mod tests;
