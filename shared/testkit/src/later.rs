//! Something that programs look for before it is there: a store, a broker.

use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

use crate::house::free_port;

/// Something that answers at a port of its own, once it is there.
#[derive(Debug)]
pub struct Later {
    /// Where it will be: the URL that it was made of, with one host, its port.
    pub url: String,
    port: u16,
    there: String,
}

/// What keeps it there until this is dropped.
#[derive(Debug)]
#[must_use]
pub struct There {
    _forwarding: JoinSet<()>,
}

impl Later {
    /// What answers at the first host of `url` already.
    ///
    /// # Panics
    /// Where that is no address.
    #[must_use]
    pub fn new(url: &str) -> Self {
        let (scheme, rest) = url.split_once("://").expect("an address");
        let default_port = if scheme.starts_with("mongodb") { 27_017 } else { 5_672 };
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let (user, hosts) = authority.rsplit_once('@').map_or((None, authority), |(user, hosts)| (Some(user), hosts));
        let first = hosts.split(',').next().unwrap_or(hosts);
        let there = if first.contains(':') { first.to_owned() } else { format!("{first}:{default_port}") };
        let (port, user) = (free_port(), user.map(|user| format!("{user}@")).unwrap_or_default());
        Self { url: format!("{scheme}://{user}127.0.0.1:{port}{path}"), port, there }
    }

    /// From now on it answers.
    ///
    /// # Panics
    /// Where somebody else took its port.
    pub async fn is_there(self) -> There {
        let listener = TcpListener::bind(("127.0.0.1", self.port)).await.expect("the port");
        let mut forwarding = JoinSet::new();
        forwarding.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((mut near, _)) = listener.accept().await {
                let there = self.there.clone();
                connections.spawn(async move {
                    let Ok(mut far) = TcpStream::connect(there).await else { return };
                    // It ends when one of them goes away.
                    let _ = copy_bidirectional(&mut near, &mut far).await;
                });
            }
        });
        There { _forwarding: forwarding }
    }
}
