//! What must hold of calls to several replicas, whatever happens to one of them.

mod server;

use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use async_trait::async_trait;
use tonic::{Code, Status};

use super::{Remote, Resolve, Transport};
use server::{PATIENCE, READ, Server, WRITE, call};

fn to(servers: &[&Server]) -> Transport {
    let addresses: Vec<String> = servers.iter().map(|server| format!("http://{}", server.address)).collect();
    Transport::remote(&addresses.join(","), &Remote::default()).unwrap()
}

/// What became of the calls of a load.
#[derive(Default)]
struct Load {
    answered: AtomicUsize,
    failed: Mutex<Vec<Status>>,
    enough: AtomicBool,
}

impl Load {
    /// How many calls are under way at a time.
    const WIDTH: usize = 32;

    /// Calls until it is enough, which `meanwhile` decides.
    async fn run(transport: &Transport, path: &'static str, meanwhile: impl AsyncFnOnce(&Self)) -> Self {
        let load = Self::default();
        let caller = async || {
            while !load.enough.load(Ordering::Relaxed) {
                match call(transport, path).await {
                    Ok(_) => _ = load.answered.fetch_add(1, Ordering::Relaxed),
                    Err(status) => load.failed.lock().unwrap().push(status),
                }
            }
        };
        let callers = futures::future::join_all((0..Self::WIDTH).map(|_| caller()));
        let deciding = async {
            meanwhile(&load).await;
            load.enough.store(true, Ordering::Relaxed);
        };
        tokio::join!(callers, deciding);
        load
    }

    /// Waits for some more answers.
    async fn goes_on(&self) {
        let wanted = self.answered.load(Ordering::Relaxed) + 500;
        until("calls are answered", || self.answered.load(Ordering::Relaxed) >= wanted).await;
    }

    fn answered(&self) -> usize {
        self.answered.load(Ordering::Relaxed)
    }

    fn failed(&self) -> Vec<Status> {
        self.failed.lock().unwrap().clone()
    }

    fn all_were_answered(&self) {
        let failed = self.failed();
        assert!(failed.is_empty(), "{} of {}, such as {:?}", failed.len(), failed.len() + self.answered(), failed.first());
    }
}

async fn until(what: &str, mut reached: impl FnMut() -> bool) {
    let until = Instant::now() + PATIENCE;
    while !reached() {
        assert!(Instant::now() < until, "{what}");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_are_shared_by_the_replicas() {
    let servers = [Server::new(), Server::new(), Server::new()];
    let transport = to(&[&servers[0], &servers[1], &servers[2]]);
    Load::run(&transport, WRITE, async |load| load.goes_on().await).await.all_were_answered();
    let done: Vec<usize> = servers.iter().map(Server::done).collect();
    assert!(done.iter().all(|done| *done > 100), "{done:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dead_replica_is_not_noticed_while_another_lives() {
    let (dead, alive) = (Server::new(), Server::new());
    dead.kill();
    let transport = to(&[&dead, &alive]);
    for _ in 0..200 {
        call(&transport, WRITE).await.unwrap();
    }
    assert_eq!(alive.done(), 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replica_that_is_stopped_under_load_fails_no_call_and_none_is_done_twice() {
    let (stopped, other) = (Server::new(), Server::new());
    let transport = to(&[&stopped, &other]);
    let load = Load::run(&transport, WRITE, async |load| {
        load.goes_on().await;
        stopped.stop().await;
        load.goes_on().await;
    })
    .await;
    load.all_were_answered();
    assert_eq!(stopped.done() + other.done(), load.answered());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn replicas_that_are_restarted_one_after_the_other_fail_no_call() {
    let mut servers = [Server::new(), Server::new()];
    let transport = to(&[&servers[0], &servers[1]]);
    let load = Load::run(&transport, WRITE, async |load| {
        for _ in 0..3 {
            for server in &mut servers {
                load.goes_on().await;
                server.stop().await;
                load.goes_on().await;
                *server = Server::at(server.address);
                until("the replica is used again", || server.done() > 0).await;
            }
        }
    })
    .await;
    load.all_were_answered();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replica_that_is_killed_under_load_fails_no_read() {
    let (mut killed, other) = (Server::new(), Server::new());
    let transport = to(&[&killed, &other]);
    let load = Load::run(&transport, READ, async |load| {
        for _ in 0..5 {
            load.goes_on().await;
            killed.kill();
            load.goes_on().await;
            killed = Server::at(killed.address);
            until("the replica is used again", || killed.done() > 0).await;
        }
    })
    .await;
    load.all_were_answered();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replica_that_is_killed_under_load_fails_the_writes_on_it_alone_and_none_is_done_twice() {
    let (killed, other) = (Server::new(), Server::new());
    let transport = to(&[&killed, &other]);
    let load = Load::run(&transport, WRITE, async |load| {
        load.goes_on().await;
        killed.kill();
        load.goes_on().await;
    })
    .await;
    let failed = load.failed();
    assert!(failed.len() <= Load::WIDTH && failed.iter().all(|status| status.code() == Code::Unavailable), "{failed:?}");
    let done = killed.done() + other.done();
    assert!((load.answered()..=load.answered() + failed.len()).contains(&done), "{done} done, {} answered", load.answered());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replica_that_hangs_is_left_out_until_it_goes_on() {
    let (hung, other) = (Server::new(), Server::new());
    let addresses = format!("http://{},http://{}", hung.address, other.address);
    // Long enough for the other one to answer on a machine that has more to do.
    let settings = Remote { keepalive: Duration::from_secs(1), connect_timeout: Duration::from_secs(1), ..Remote::default() };
    let transport = Transport::remote(&addresses, &settings).unwrap();
    let load = Load::run(&transport, READ, async |load| {
        load.goes_on().await;
        let halt = hung.hang();
        load.goes_on().await;
        let done = other.done();
        // Those on it were given up and done by the other one: the whole load is there now.
        until("the other replica does it all", || other.done() > done + 2_000).await;
        let done = hung.done();
        drop(halt);
        until("it is used again", || hung.done() > done + 100).await;
    })
    .await;
    load.all_were_answered();
}

#[tokio::test]
async fn a_caller_that_stood_still_itself_gives_up_no_replica() {
    let servers: [Server; 8] = std::array::from_fn(|_| Server::new());
    let addresses = servers.each_ref().map(|server| format!("http://{}", server.address)).join(",");
    let settings = Remote { keepalive: Duration::from_millis(500), ..Remote::default() };
    let transport = Transport::remote(&addresses, &settings).unwrap();
    let load = Load::run(&transport, WRITE, async |load| {
        load.goes_on().await;
        for _ in 0..12 {
            // All answers are there when it goes on, and all is overdue.
            std::thread::sleep(settings.keepalive + Duration::from_millis(100));
            tokio::task::yield_now().await;
        }
        load.goes_on().await;
    })
    .await;
    load.all_were_answered();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_to_nobody_is_unavailable_soon() {
    let (one, two) = (Server::new(), Server::new());
    let transport = to(&[&one, &two]);
    call(&transport, WRITE).await.unwrap();
    one.kill();
    two.kill();
    let began = Instant::now();
    for _ in 0..100 {
        assert_eq!(call(&transport, READ).await.unwrap_err().code(), Code::Unavailable);
    }
    // Had one of them waited for its deadline, or each to connect, it would be more.
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
}

/// How old the addresses of a name may be.
const SOON: Duration = Duration::from_millis(50);

/// A name whose addresses the test decides.
#[derive(Default)]
struct Names {
    addresses: Mutex<Vec<SocketAddr>>,
    asked: AtomicUsize,
}

#[async_trait]
impl Resolve for Names {
    async fn resolve(&self, host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        assert_eq!((host, port), ("order", 50054));
        self.asked.fetch_add(1, Ordering::Relaxed);
        match self.addresses.lock().unwrap().clone() {
            none if none.is_empty() => Err(io::Error::new(io::ErrorKind::NotFound, "no such name")),
            addresses => Ok(addresses),
        }
    }
}

impl Names {
    fn are(&self, servers: &[&Server]) {
        *self.addresses.lock().unwrap() = servers.iter().map(|server| server.address).collect();
    }

    /// To the name, which is looked up again where it was `fresh` ago.
    fn transport(self: &Arc<Self>, fresh: Duration) -> Transport {
        let settings = Remote { fresh, ..Remote::default() };
        Transport::remote_by("http://order:50054", &settings, self.clone()).unwrap()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_is_all_of_its_addresses_and_they_are_followed_without_a_failed_call() {
    let servers = [Server::new(), Server::new(), Server::new()];
    let names = Arc::new(Names::default());
    names.are(&[&servers[0], &servers[1]]);
    let load = Load::run(&names.transport(SOON), WRITE, async |load| {
        until("both are used", || servers[..2].iter().all(|server| server.done() > 100)).await;
        names.are(&[&servers[1], &servers[2]]);
        until("the new one is used", || servers[2].done() > 100).await;
        until("the one that left is not", || servers[0].under_way() == 0).await;
        let left = servers[0].done();
        load.goes_on().await;
        assert_eq!(servers[0].done(), left);
        // Names that can't be looked up change nothing.
        names.are(&[]);
        let asked = names.asked.load(Ordering::Relaxed);
        until("it was asked", || names.asked.load(Ordering::Relaxed) > asked + 1).await;
        load.goes_on().await;
    })
    .await;
    load.all_were_answered();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn when_all_addresses_of_a_name_are_dead_it_is_looked_up_again_by_the_call_itself() {
    let (old, new) = (Server::new(), Server::new());
    let names = Arc::new(Names::default());
    names.are(&[&old]);
    let transport = names.transport(Duration::ZERO);
    call(&transport, WRITE).await.unwrap();
    old.kill();
    names.are(&[&new]);
    call(&transport, READ).await.unwrap();
    assert_eq!(new.done(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_that_nobody_knows_is_unavailable() {
    let names = Arc::new(Names::default());
    assert_eq!(call(&names.transport(SOON), READ).await.unwrap_err().code(), Code::Unavailable);
}

#[test]
fn the_contracts_say_what_may_be_done_twice() {
    assert!(super::remote::is_read(READ));
    assert!(!super::remote::is_read(WRITE));
    assert!(!super::remote::is_read("/test.v1.Echo/Do"));
}
