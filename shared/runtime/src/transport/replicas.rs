//! The replicas of a service: which there are, and which takes the next call.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex, PoisonError, RwLock,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::watch,
    time::{Instant, timeout},
};

use super::{
    Remote, Resolve, TransportError,
    address::{Address, Host},
    connection::Connection,
    replica::{Reach, Replica},
};

/// How old the addresses of names may grow while a replica can't be reached.
const FRESH_APART: Duration = Duration::from_secs(1);

/// Clones are the same replicas.
#[derive(Clone)]
pub(super) struct Replicas(Arc<Parts>);

struct Parts {
    addresses: Vec<Address>,
    /// Whether there is a name to look up.
    names: bool,
    settings: Remote,
    resolver: Arc<dyn Resolve>,
    known: RwLock<Arc<[Arc<Replica>]>>,
    /// When names were looked up last.
    looked_up: Mutex<Option<Instant>>,
    looking_up: tokio::sync::Mutex<()>,
    /// Which of equals is the next.
    turn: AtomicUsize,
    /// Told after every attempt to connect, and when other replicas are known.
    changed: watch::Sender<()>,
}

/// The replicas at a glance.
struct Look {
    best: Option<(Arc<Replica>, Connection)>,
    /// Whether one is being connected.
    soon: bool,
    /// Whether all are connected.
    all: bool,
}

impl Replicas {
    pub(super) fn new(setting: &str, settings: &Remote, resolver: Arc<dyn Resolve>) -> Result<Self, TransportError> {
        let addresses = Address::all(setting)?;
        let names = addresses.iter().any(|address| matches!(address.host, Host::Name(_)));
        let ips = addresses.iter().filter_map(|address| match address.host {
            Host::Ip(ip) => Some(Arc::new(Replica::new(SocketAddr::from((ip, address.port)), address.authority.clone()))),
            Host::Name(_) => None,
        });
        let known = RwLock::new(ips.collect());
        Ok(Self(Arc::new(Parts {
            addresses,
            names,
            settings: settings.clone(),
            resolver,
            known,
            looked_up: Mutex::default(),
            looking_up: tokio::sync::Mutex::default(),
            turn: AtomicUsize::new(0),
            changed: watch::Sender::new(()),
        })))
    }

    /// The connected replica with the fewest calls under way, other than `but` where there is another. Waits while
    /// one may be connected soon; `None` where none can be reached now.
    pub(super) async fn next(&self, but: Option<&Arc<Replica>>) -> Option<(Arc<Replica>, Connection)> {
        let mut changed = None;
        loop {
            let Look { best, soon, all } = self.look(but);
            if self.stale(all) && self.0.looking_up.try_lock().is_ok() {
                self.background(|replicas| async move { replicas.look_up().await });
            }
            if best.is_some() {
                return best;
            }
            match &mut changed {
                // What happens between a look and the waiting must not be missed.
                None => changed = Some(self.0.changed.subscribe()),
                // The sender is in this very group, so it is never gone.
                Some(changed) if soon || changed.has_changed().unwrap_or(false) => drop(changed.changed().await),
                Some(_) if self.stale(false) => self.look_up().await,
                Some(_) => return None,
            }
        }
    }

    /// Looks at all replicas, and begins to connect those that are apart.
    fn look(&self, but: Option<&Arc<Replica>>) -> Look {
        let known = self.known();
        // Of equals the first, so the place to begin from goes round.
        let turn = if known.len() > 1 { self.0.turn.fetch_add(1, Ordering::Relaxed) } else { 0 };
        let (mut look, mut least) = (Look { best: None, soon: false, all: true }, (true, usize::MAX));
        for at in 0..known.len() {
            let replica = &known[turn.wrapping_add(at) % known.len()];
            match replica.reach() {
                Reach::Now(connection) => {
                    let cost = (but.is_some_and(|but| Arc::ptr_eq(but, replica)), replica.load());
                    if cost < least {
                        (look.best, least) = (Some((replica.clone(), connection)), cost);
                    }
                    continue;
                }
                Reach::Soon => look.soon = true,
                Reach::Connect => {
                    look.soon = true;
                    let replica = replica.clone();
                    self.background(|replicas| async move {
                        replica.connect(&replicas.0.settings).await;
                        replicas.0.changed.send_replace(());
                    });
                }
                Reach::Later => {}
            }
            look.all = false;
        }
        look
    }

    /// Looks names up, unless somebody just did. What can't be looked up stays as it is.
    async fn look_up(&self) {
        let _one = self.0.looking_up.lock().await;
        if !self.stale(false) {
            return;
        }
        let before = self.known();
        let mut now: Vec<Arc<Replica>> = Vec::with_capacity(before.len());
        for address in &self.0.addresses {
            match self.addresses_of(address).await {
                Some(found) => {
                    for found in found {
                        let same = |replica: &&Arc<Replica>| replica.address == found && replica.authority == address.authority;
                        if now.iter().any(|replica| same(&replica)) {
                            continue;
                        }
                        let kept = before.iter().find(same).cloned();
                        now.push(kept.unwrap_or_else(|| Arc::new(Replica::new(found, address.authority.clone()))));
                    }
                }
                None => now.extend(before.iter().filter(|replica| replica.authority == address.authority).cloned()),
            }
        }
        let same = now.len() == before.len() && now.iter().all(|replica| before.iter().any(|other| Arc::ptr_eq(replica, other)));
        if !same {
            tracing::info!(server.addresses = ?now.iter().map(|replica| replica.address).collect::<Vec<_>>(), "the replicas of a service");
            *self.0.known.write().unwrap_or_else(PoisonError::into_inner) = now.into();
            self.0.changed.send_replace(());
        }
        *self.0.looked_up.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    /// What an address stands for now; `None` where that can't be said.
    async fn addresses_of(&self, address: &Address) -> Option<Vec<SocketAddr>> {
        let name = match &address.host {
            Host::Ip(ip) => return Some(vec![SocketAddr::from((*ip, address.port))]),
            Host::Name(name) => name,
        };
        let problem = match timeout(self.0.settings.connect_timeout, self.0.resolver.resolve(name, address.port)).await {
            Ok(Ok(found)) if !found.is_empty() => return Some(found),
            Ok(Ok(_)) => "it has no addresses".to_owned(),
            Ok(Err(error)) => error.to_string(),
            Err(_) => "nobody answers in time".to_owned(),
        };
        tracing::warn!(server.address = %address.authority, error.message = problem, "a name could not be looked up");
        None
    }

    fn known(&self) -> Arc<[Arc<Replica>]> {
        self.0.known.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether there are names that should be looked up again; `all` is whether all replicas are connected.
    fn stale(&self, all: bool) -> bool {
        let fresh = if all { self.0.settings.fresh } else { self.0.settings.fresh.min(FRESH_APART) };
        self.0.names && self.0.looked_up.lock().unwrap_or_else(PoisonError::into_inner).is_none_or(|at| at.elapsed() >= fresh)
    }

    fn background<F>(&self, work: impl FnOnce(Self) -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        #[expect(clippy::disallowed_methods, reason = "it ends within the time to connect, and nothing is lost with it")]
        tokio::spawn(work(self.clone()));
    }
}
