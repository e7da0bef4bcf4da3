//! Ports that nobody else takes.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, UdpSocket},
    process,
};

use anyhow::{Context as _, Result};

/// Below the ports that systems give to outgoing connections: one that is free here stays free while its component is down.
const FIRST: u16 = 20_000;
const COUNT: u16 = 10_000;

/// A TCP port that other components, of other processes as well, don't take while this lives.
///
/// The reservation is the UDP port of the same number, which no component uses: the system ends it with the process.
#[derive(Debug)]
pub(crate) struct Port {
    number: u16,
    _reservation: UdpSocket,
}

impl Port {
    /// Reserves a port that is free at `bind`.
    ///
    /// In another network namespace `bind` is no address of this one; there only the reservation counts.
    pub(crate) fn reserve(bind: IpAddr) -> Result<Self> {
        // Each process begins elsewhere, so that they seldom meet.
        let start = u16::try_from(process::id().wrapping_mul(97) % u32::from(COUNT)).unwrap_or(0);
        (0..COUNT)
            .map(|step| FIRST + (start + step) % COUNT)
            .find_map(|number| {
                let reservation = UdpSocket::bind((Ipv4Addr::LOCALHOST, number)).ok()?;
                let taken = TcpListener::bind(SocketAddr::new(bind, number))
                    .is_err_and(|error| error.kind() != std::io::ErrorKind::AddrNotAvailable);
                (!taken).then_some(Self { number, _reservation: reservation })
            })
            .context("no port is free")
    }

    pub(crate) fn number(&self) -> u16 {
        self.number
    }
}
