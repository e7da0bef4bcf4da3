use std::net::TcpStream;

use super::*;

/// Inserts or finds, in the database `admin`.
fn ask(set: &MongoDb, question: Document) -> Document {
    let primary = set.members[set.primary().unwrap()].address;
    wire::command(primary, question, ORDER).unwrap()
}

fn write(set: &MongoDb, id: i32) {
    ask(set, doc! { "insert": "things", "documents": [{ "_id": id }], "writeConcern": { "w": "majority" } });
}

fn written(set: &MongoDb) -> usize {
    let answer = ask(set, doc! { "find": "things" });
    answer.get_document("cursor").unwrap().get_array("firstBatch").unwrap().len()
}

/// What must not be left of a set.
struct Traces {
    folder: PathBuf,
    addresses: Vec<SocketAddr>,
}

impl Traces {
    fn of(set: &MongoDb) -> Self {
        Self { folder: set._home.folder().to_owned(), addresses: set.members.iter().map(|member| member.address).collect() }
    }

    fn are_gone(&self) {
        assert!(!self.folder.exists(), "{} is left", self.folder.display());
        for address in &self.addresses {
            assert!(TcpStream::connect(address).is_err(), "{address} still listens");
        }
    }
}

#[test]
fn three_members_lose_nothing_when_the_primary_steps_down_is_killed_or_frozen_and_nothing_is_left_of_them() {
    let mut set = MongoDb::start(3).unwrap();
    let traces = Traces::of(&set);
    assert_eq!(set.url().matches("127.0.0.1:").count(), 3);

    write(&set, 1);
    let first = set.primary().unwrap();
    set.step_down().unwrap();
    let second = set.primary().unwrap();
    assert_ne!(second, first);

    write(&set, 2);
    set.kill(second);
    let third = set.primary().unwrap();
    assert_ne!(third, second);
    write(&set, 3);
    set.restart(second).unwrap();
    set.settle().unwrap();

    set.pause(third);
    assert_ne!(set.primary().unwrap(), third);
    write(&set, 4);
    set.resume(third);
    assert_eq!(written(&set), 4);

    drop(set);
    traces.are_gone();
}

#[test]
fn a_single_member_keeps_its_data_in_the_folder_it_was_given_which_is_left_empty() {
    let folder = tempfile::tempdir().unwrap();
    let options = MongoOptions { data: Some(folder.path().to_owned()), ..MongoOptions::default() };
    let mut set = MongoDb::start_with(options).unwrap();
    write(&set, 1);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    set.kill(0);
    set.restart(0).unwrap();
    set.step_down().unwrap();
    assert_eq!(written(&set), 1);
    let traces = Traces::of(&set);
    drop(set);
    traces.are_gone();
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}
