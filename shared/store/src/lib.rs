//! A small document store: a port, and its adapters for SQLite and MongoDB.
//!
//! | module | what |
//! |---|---|
//! | `document` | [`Document`], [`Collection`], [`Index`]: what is kept, and what it can be found by |
//! | `query` | [`Query`], [`Filter`], [`Page`]: what is asked for |
//! | `store` | [`Store`], and [`CompanyStore`], the handle for one company |
//! | `parts` | [`Only`], [`Parts`]: reads of some fields of documents |
//! | `transaction` | [`Transaction`]: several documents, events and inbox marks, all or nothing |
//! | `backup` | everything that a store holds, handed over as of one moment and taken in again |
//! | `outbox` | [`Outbox`]: the events that wait for the relay |
//! | `history` | [`HistoryEntry`]: what changed, from what, to what, who, when |
//! | `error` | [`Error`], and how it becomes a [`kernel::Error`] |
//! | `plan`, `fields`, `words` | which index serves a query, page tokens; fields of documents by their paths; the words of a search |
//! | [`backend`] | what an adapter does |
//! | `sqlite` | the adapter for one SQLite file |
//! | `mongodb` | the adapter for a database of a MongoDB replica set |
//!
//! # Invariants
//! - **One company.** A [`CompanyStore`] reaches the data of its company only; unique keys hold and page tokens are good within it.
//! - **All or nothing, and durable.** When a commit returns, its documents, history, events and inbox marks survive the loss
//!   of the process and of power; when it fails, nothing of it is there. Only after [`Error::Unavailable`] it may be either.
//! - **Nothing is overwritten unseen.** Every update and deletion names the version it was decided on; of two that name the
//!   same, one is done and the other is a [`Error::Conflict`] with the version that is there.
//! - **An event has its effect once**, whatever the number of deliveries: the inbox mark commits with the effect.
//! - **An event is published exactly if its change is there**: it commits with it, and stays pending until it is marked as sent.
//! - **Every list has an index.** A query that no declared index serves is a fault of the program and is refused whatever the
//!   amount of data, so that the first test finds it.
//! - **A page costs the same anywhere.** It goes on after the (sort value, identifier) of an item, never after a count; what is
//!   inserted, removed or changed meanwhile makes no item that stays come twice or not at all.
//! - **What was not read is not empty.** A whole document is the domain's own type; of some of its fields ([`CompanyStore::only`])
//!   [`Parts`] are made, in which a field says whether it was read.
//! - **A search reads at most** [`MAX_EXAMINED`](backend::Search::MAX_EXAMINED) index entries and documents, and says when
//!   there may be more.
//! - **What is forgotten is gone**: history and outbox hold no value of it, and a file's free pages are overwritten.
//! - **Nothing waits for ever.** Every operation ends within the store's deadline; what nobody waits for any more is stopped.
//!
//! # A further adapter
//! Implements [`backend::Backend`] and adds one line to `tests/contract/main.rs`. What the port asks for is what SQLite and
//! MongoDB both do well:
//!
//! | the port | SQLite | MongoDB |
//! |---|---|---|
//! | index over an array | a table with a row per element | a multikey index |
//! | page | `(sort, id) > (?, ?)` in the index's order | between two places of the index, sorted by both |
//! | several values of an equality | ranges read side by side and merged | a condition per range in one `$or`, with `SORT_MERGE` |
//! | unique key within the company, null left out | primary key `(company, key…)` | unique partial index `(company, key…)` |
//! | some fields of a document | the text is read whole and the fields are picked as it is parsed: to extract them in SQL takes several times as long | the server's projection |
//! | beginning of a word | `term >= 'ann' AND term < 'ano'` | between two places of a multikey index |
//! | transaction | group commit by one thread | a session's transaction, `w: majority` |
//! | export as of one moment | one read transaction | a snapshot session |
//! | waking the relay | the writing thread | the program that committed; others look from time to time, so that an event is not sent by each |

pub mod backend;
mod backup;
mod document;
mod error;
mod fields;
mod history;
mod mongodb;
mod outbox;
mod parts;
mod plan;
mod query;
mod sqlite;
mod store;
mod transaction;
mod words;

pub use document::{Collection, Document, Index};
pub use error::{Error, Result};
pub use history::{Action, FieldChange, HISTORY, HistoryEntry};
pub use mongodb::MongoDb;
pub use outbox::Outbox;
pub use parts::{Only, Part, Parts, or_default};
pub use query::{Direction, Explained, Filter, Page, Query, Value};
pub use store::{CompanyStore, Store};
pub use transaction::Transaction;
