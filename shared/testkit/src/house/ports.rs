//! Ports that stay free while a program is down.

use std::net::{Ipv4Addr, TcpListener};

use kernel::Env;

/// From where to where: below the ports that systems take for outgoing connections, so that none of those sits on a
/// program's port when it comes back.
const FIRST: u16 = 15_000;
const LAST: u16 = 32_000;

/// As many different ports on which nobody listens now.
pub(super) fn free(count: usize) -> Vec<u16> {
    let mut ports = Vec::new();
    while ports.len() < count {
        let port = FIRST + u16::from_le_bytes(Env::system().random_bytes()) % (LAST - FIRST);
        if !ports.contains(&port) && TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)).is_ok() {
            ports.push(port);
        }
    }
    ports
}

/// A port on which nobody listens now, and which systems give to nobody by themselves.
#[must_use]
pub fn free_port() -> u16 {
    free(1)[0]
}
