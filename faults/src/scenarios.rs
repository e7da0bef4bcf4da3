//! The table of faults.
//!
//! | module | its faults |
//! |---|---|
//! | `publisher` | between the outbox and the broker |
//! | `consumer` | between the broker and the effect |
//! | `order` | events that come twice, late and in the wrong order |
//! | `broker` | the broker is gone or takes nothing |
//! | `store` | the databases |
//! | `programs` | the programs are killed, stopped, asked to stop |
//! | `network` | a cut between two hosts |
//! | `backlog` | events that waited |
//! | `cache` | what a gateway keeps |

use anyhow::Result;
use futures::future::LocalBoxFuture;

use crate::{
    round::{Plan, Round},
    tally::Tally,
    world::{Shape, World},
};

pub(crate) mod backlog;
pub(crate) mod broker;
pub(crate) mod cache;
pub(crate) mod consumer;
pub(crate) mod network;
pub(crate) mod order;
pub(crate) mod programs;
pub(crate) mod publisher;
pub(crate) mod store;

/// A fault, and what must hold.
#[derive(Debug)]
pub(crate) struct Scenario {
    /// Its row in the table of faults.
    pub(crate) row: u8,
    /// What it is called by.
    pub(crate) name: &'static str,
    /// What goes wrong.
    pub(crate) fault: &'static str,
    /// What must hold, beside that nothing is lost and nothing doubled.
    pub(crate) holds: &'static str,
    /// What it is played on.
    pub(crate) shape: Shape,
    /// About how long a repetition takes: what takes longest begins first.
    pub(crate) seconds: u32,
    /// How it is played.
    pub(crate) play: Play,
}

/// Plays one repetition on a world, which it leaves as fit as it found it.
type PlayEach = for<'a> fn(&'a mut World, &'a mut Round) -> LocalBoxFuture<'a, Result<Tally>>;
/// Plays all repetitions, on a world of its own.
type PlayAll = fn(Plan) -> LocalBoxFuture<'static, Result<Vec<Tally>>>;

/// How a scenario is played.
#[derive(Clone, Copy)]
pub(crate) enum Play {
    Each(PlayEach),
    /// With no other scenario beside it: it compares times, which those of another would change.
    Alone(PlayEach),
    All(PlayAll),
}

impl std::fmt::Debug for Play {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Play")
    }
}

/// Every fault, in the order of the rows.
pub(crate) const SCENARIOS: &[Scenario] = &[
    Scenario {
        row: 1,
        name: "broker-killed-before-publish",
        fault: "the broker is killed between commits and their publishing",
        holds: "writes go on; the events arrive within 30 s after the broker is back",
        shape: Shape::Programs,
        seconds: 20,
        play: Play::Each(|world, round| Box::pin(broker::killed_before_publish(world, round))),
    },
    Scenario {
        row: 2,
        name: "publisher-killed-before-mark",
        fault: "the publisher is killed after the confirm, before the row is marked as sent",
        holds: "the events come twice, their effects once",
        shape: Shape::Components,
        seconds: 6,
        play: Play::Each(|world, round| Box::pin(publisher::killed_before_mark(world, round))),
    },
    Scenario {
        row: 3,
        name: "broker-killed-with-unacked",
        fault: "the broker is killed while deliveries are not acknowledged",
        holds: "all are delivered again",
        shape: Shape::Components,
        seconds: 15,
        play: Play::Each(|world, round| Box::pin(broker::killed_with_unacked(world, round))),
    },
    Scenario {
        row: 4,
        name: "every-event-again",
        fault: "every event comes twice, ten times, and again when its mark is a day old",
        holds: "as many effects as distinct events; marks of seven days are still there",
        shape: Shape::Programs,
        seconds: 15,
        play: Play::Each(|world, round| Box::pin(order::every_event_again(world, round))),
    },
    Scenario {
        row: 5,
        name: "versions-out-of-order",
        fault: "versions come in any order, with gaps, and a deletion before its creation",
        holds: "the highest version wins; nothing rises from the dead",
        shape: Shape::Programs,
        seconds: 5,
        play: Play::Each(|world, round| Box::pin(order::versions_out_of_order(world, round))),
    },
    Scenario {
        row: 6,
        name: "consumer-killed-before-ack",
        fault: "the consumer is killed after its effect, before the acknowledgement",
        holds: "the event comes again, its effect is made once",
        shape: Shape::Components,
        seconds: 6,
        play: Play::Each(|world, round| Box::pin(consumer::killed_before_ack(world, round))),
    },
    Scenario {
        row: 7,
        name: "poison",
        fault: "events that can't be decoded, of an unknown kind, of a future version of the envelope",
        holds: "dead letters after their tries; neighbours less than 1 s late; a replay works",
        shape: Shape::Components,
        seconds: 8,
        play: Play::Each(|world, round| Box::pin(consumer::poison(world, round))),
    },
    Scenario {
        row: 8,
        name: "binding-missing",
        fault: "a binding is missing, so that an event has nowhere to go",
        holds: "the return is seen; the event is not marked as sent, and arrives once the binding is back",
        shape: Shape::Components,
        seconds: 6,
        play: Play::Each(|world, round| Box::pin(publisher::binding_missing(world, round))),
    },
    Scenario {
        row: 9,
        name: "broker-blocks-publishers",
        fault: "the broker's disk alarm blocks publishers",
        holds: "writes are accepted, the outbox grows, then drains to nothing within 30 s",
        shape: Shape::Programs,
        seconds: 15,
        play: Play::Each(|world, round| Box::pin(broker::blocks_publishers(world, round))),
    },
    Scenario {
        row: 10,
        name: "channel-error",
        fault: "the broker closes channels with an error",
        holds: "consuming again within 10 s",
        shape: Shape::Components,
        seconds: 8,
        play: Play::Each(|world, round| Box::pin(consumer::channel_error(world, round))),
    },
    Scenario {
        row: 11,
        name: "primary-steps-down-then-killed",
        fault: "MongoDB's primary steps down, and the next one is killed",
        holds: "no acknowledged write lost; nothing written for 15 s at most",
        shape: Shape::ThreeMembers,
        seconds: 40,
        play: Play::Each(|world, round| Box::pin(store::primary_lost(world, round))),
    },
    Scenario {
        row: 12,
        name: "programs-killed",
        fault: "each program in turn is killed while it writes",
        holds: "no acknowledged write lost, no half of a transaction; equal within 30 s",
        shape: Shape::Programs,
        seconds: 30,
        play: Play::Each(|world, round| Box::pin(programs::killed(world, round))),
    },
    Scenario {
        row: 13,
        name: "sqlite-killed-in-transaction",
        fault: "a process is killed within transactions on SQLite",
        holds: "integrity_check is ok; the acknowledged rows are there, no half of a transaction",
        shape: Shape::Nothing,
        seconds: 3,
        play: Play::Each(|_, round| Box::pin(store::sqlite_killed(round))),
    },
    Scenario {
        row: 14,
        name: "disk-full",
        fault: "the disk of the store is full: SQLite's, and MongoDB's",
        holds: "a clear error, reads go on (SQLite); once there is space, it writes again without a restart of the program",
        shape: Shape::Nothing,
        seconds: 25,
        play: Play::Each(|_, round| Box::pin(store::disk_full(round))),
    },
    Scenario {
        row: 15,
        name: "service-stands-still",
        fault: "a service stands still (SIGSTOP), for 30 s in the long round",
        holds: "a deadline error on its fields only; other queries' p99 less than twice as long",
        shape: Shape::Programs,
        seconds: 45,
        play: Play::Alone(|world, round| Box::pin(programs::stand_still(world, round))),
    },
    Scenario {
        row: 16,
        name: "network-cut",
        fault: "the network between the programs' host and the data's is cut for 10 s or 30 s, one way or both",
        holds: "nothing lost; everything equal within 30 s after",
        shape: Shape::Nothing,
        seconds: 60,
        play: Play::All(|plan| Box::pin(network::cut(plan))),
    },
    Scenario {
        row: 17,
        name: "two-relays-two-consumers",
        fault: "two relays and two consumers work at once on the same rows and queue",
        holds: "every effect once",
        shape: Shape::Components,
        seconds: 6,
        play: Play::Each(|world, round| Box::pin(consumer::two_of_each(world, round))),
    },
    Scenario {
        row: 18,
        name: "backlog",
        fault: "a consumer was down: 100,000 events wait for it in the long round's first repetition, else 5,000",
        holds: "it drains, its memory is bounded, everything is equal",
        shape: Shape::Programs,
        seconds: 50,
        play: Play::Each(|world, round| Box::pin(backlog::drains(world, round))),
    },
    Scenario {
        row: 19,
        name: "terminated-under-load",
        fault: "each program in turn is asked to stop (SIGTERM) under load, with two of each",
        holds: "no request under way fails; what was not acknowledged goes back to the queue",
        shape: Shape::Replicas,
        seconds: 40,
        play: Play::Each(|world, round| Box::pin(programs::terminated(world, round))),
    },
    Scenario {
        row: 20,
        name: "broker-killed-under-a-cache",
        fault: "the broker is killed while a gateway keeps what services answered",
        holds: "a change through another gateway is seen within 2 s, with the broker and without it, and after it is back",
        shape: Shape::Cached,
        seconds: 25,
        play: Play::Each(|world, round| Box::pin(cache::broker_killed(world, round))),
    },
];
