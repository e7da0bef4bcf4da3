//! MongoDB's wire protocol, as much of it as starting a replica set needs: one command, one answer (OP_MSG).
//!
//! <https://www.mongodb.com/docs/manual/reference/mongodb-wire-protocol/>

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use anyhow::{Context as _, Result, bail};
use bson::{Bson, Document};

const OP_MSG: i32 = 2013;
/// The header and the flags, before the first section.
const HEAD: usize = 20;
/// The longest message a server sends.
const LONGEST: usize = 48_000_000;

/// Runs a command on the database `admin` of one server.
///
/// # Errors
/// Where it can't be reached, does not answer within `limit` for each step, or refuses.
pub(super) fn command(server: SocketAddr, mut command: Document, limit: Duration) -> Result<Document> {
    command.insert("$db", "admin");
    let mut body = vec![0]; // a section of kind 0: one document
    command.to_writer(&mut body)?;
    let mut message = Vec::with_capacity(HEAD + body.len());
    for word in [i32::try_from(HEAD + body.len())?, 1, 0, OP_MSG, 0] {
        message.extend(word.to_le_bytes());
    }
    message.extend(body);

    let mut stream = TcpStream::connect_timeout(&server, limit).with_context(|| format!("{server} can't be reached"))?;
    stream.set_read_timeout(Some(limit))?;
    stream.set_write_timeout(Some(limit))?;
    stream.write_all(&message)?;

    let mut head = [0; HEAD + 1];
    stream.read_exact(&mut head).with_context(|| format!("{server} does not answer"))?;
    let length = usize::try_from(i32::from_le_bytes([head[0], head[1], head[2], head[3]]))?;
    if !(HEAD + 1..=LONGEST).contains(&length) || head[HEAD] != 0 {
        bail!("{server} is no MongoDB");
    }
    let mut body = vec![0; length - HEAD - 1];
    stream.read_exact(&mut body)?;
    let answer = Document::from_reader(body.as_slice())?;
    match answer.get("ok") {
        Some(Bson::Double(ok)) if *ok > 0.0 => Ok(answer),
        _ => bail!("{server} refuses: {}", answer.get_str("errmsg").unwrap_or("it does not say why")),
    }
}
