//! Where a service is.

use std::{
    io,
    net::{IpAddr, SocketAddr},
};

use async_trait::async_trait;
use http::{Uri, uri::Authority};

/// The port where a URL names none.
const HTTP: u16 = 80;

/// Addresses that no service can have.
#[derive(Debug, thiserror::Error)]
#[error("{uri:?} must be an address such as http://127.0.0.1:50051, or several with commas between")]
pub struct TransportError {
    /// What was given.
    pub uri: String,
}

/// Finds the addresses of a name.
#[async_trait]
pub trait Resolve: Send + Sync + 'static {
    /// The addresses that `host` has now, with `port`.
    ///
    /// # Errors
    /// Where the name is not known, or nobody can be asked.
    async fn resolve(&self, host: &str, port: u16) -> io::Result<Vec<SocketAddr>>;
}

/// As the operating system finds them.
pub(super) struct System;

#[async_trait]
impl Resolve for System {
    async fn resolve(&self, host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        Ok(tokio::net::lookup_host((host, port)).await?.collect())
    }
}

/// One of the addresses in a setting.
#[derive(Debug, Clone)]
pub(super) struct Address {
    /// What requests name as the one they are for.
    pub(super) authority: Authority,
    pub(super) host: Host,
    pub(super) port: u16,
}

#[derive(Debug, Clone)]
pub(super) enum Host {
    Ip(IpAddr),
    Name(String),
}

impl Address {
    /// The addresses in a setting: URLs with commas between.
    pub(super) fn all(setting: &str) -> Result<Vec<Self>, TransportError> {
        let all: Option<Vec<Self>> = setting.split(',').map(|uri| Self::read(uri.trim())).collect();
        all.ok_or_else(|| TransportError { uri: setting.to_owned() })
    }

    fn read(uri: &str) -> Option<Self> {
        let uri: Uri = uri.parse().ok()?;
        let authority = uri.authority()?.clone();
        if uri.scheme_str() != Some("http") || uri.path() != "/" || uri.query().is_some() || authority.as_str().contains('@') {
            return None;
        }
        let host = authority.host();
        let ip = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host).parse();
        let host = match ip {
            Ok(ip) => Host::Ip(ip),
            Err(_) if host.is_empty() => return None,
            Err(_) => Host::Name(host.to_owned()),
        };
        let port = match authority.as_str().strip_prefix(authority.host())? {
            "" => HTTP,
            port => port.strip_prefix(':')?.parse().ok().filter(|port| *port != 0)?,
        };
        Some(Self { authority, host, port })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(setting: &str) -> Vec<String> {
        let all = Address::all(setting).unwrap();
        all.into_iter()
            .map(|address| match address.host {
                Host::Ip(ip) => SocketAddr::from((ip, address.port)).to_string(),
                Host::Name(name) => format!("{name} {}", address.port),
            })
            .collect()
    }

    #[test]
    fn addresses_are_ips_or_names_one_or_several() {
        assert_eq!(read("http://127.0.0.1:50051"), ["127.0.0.1:50051"]);
        assert_eq!(read("http://[::1]:50051/"), ["[::1]:50051"]);
        assert_eq!(read("http://10.0.0.1:1, http://auth.crm.svc:2,http://localhost"), ["10.0.0.1:1", "auth.crm.svc 2", "localhost 80"]);
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for setting in [
            "",
            "auth",
            "auth:50051",
            "https://auth:50051",
            "http://",
            "http://:1",
            "/path",
            "http://auth/path",
            "http://a:1,",
            "http://a:1,b",
            "http://me:secret@auth:1",
            "http://auth:70000",
        ] {
            assert!(Address::all(setting).is_err(), "{setting:?}");
        }
    }
}
