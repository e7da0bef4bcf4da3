//! Commands that are run for what they print.

use std::{
    fs::File,
    io::{Read as _, Seek as _},
    process::{Command, Stdio},
    time::Duration,
};

use anyhow::{Context as _, Result, bail};

use crate::wait;

/// What a command prints.
///
/// # Errors
/// Where it can't be run, fails, or takes longer than `limit`, with what it said.
pub(crate) fn output(command: &mut Command, limit: Duration) -> Result<String> {
    let program = command.get_program().to_string_lossy().into_owned();
    // Files, unlike pipes, are never full while nobody reads.
    let mut said = [tempfile::tempfile()?, tempfile::tempfile()?];
    command.stdin(Stdio::null()).stdout(said[0].try_clone()?).stderr(said[1].try_clone()?);
    let mut child = command.spawn().with_context(|| format!("{program} can't be run"))?;
    let status = wait::find(limit, || child.try_wait().transpose()).transpose()?;
    if status.is_none() {
        child.kill()?;
        child.wait()?;
    }
    let [output, errors] = said.each_mut().map(text);
    match status {
        Some(status) if status.success() => Ok(output?),
        Some(_) => bail!("{program} failed: {} {}", errors?, output?),
        None => bail!("{program} took longer than {} s: {} {}", limit.as_secs(), errors?, output?),
    }
}

fn text(file: &mut File) -> Result<String> {
    let mut bytes = Vec::new();
    file.rewind()?;
    file.read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).trim().to_owned())
}
