use super::*;

#[test]
fn a_broker_can_be_controlled_blocked_frozen_and_killed_and_nothing_is_left_of_it() {
    let mut broker = RabbitMq::start().unwrap();
    let folder = broker._home.folder().to_owned();
    let address = broker.address;
    assert!(broker.url().starts_with("amqp://guest:guest@127.0.0.1:"));

    broker.control(&["add_vhost", "of-this-test"]).unwrap();
    assert!(broker.control(&["no-such-command"]).is_err());

    broker.block().unwrap();
    assert!(broker.control(&["status"]).unwrap().contains("Free disk space alarm"));
    broker.unblock().unwrap();
    assert!(!broker.control(&["status"]).unwrap().contains("Free disk space alarm"));

    broker.pause();
    assert!(answers(address).is_none());
    broker.resume();
    assert!(wait::find(wait::PATIENCE, || answers(address)).is_some());

    broker.kill();
    assert!(answers(address).is_none());
    broker.restart().unwrap();
    assert!(broker.control(&["list_vhosts"]).unwrap().contains("of-this-test"));

    drop(broker);
    assert!(!folder.exists());
    assert!(TcpStream::connect(address).is_err());
}

#[test]
fn two_brokers_run_side_by_side() {
    let [one, two] = [RabbitMq::start().unwrap(), RabbitMq::start().unwrap()];
    one.control(&["add_vhost", "of-one"]).unwrap();
    assert!(!two.control(&["list_vhosts"]).unwrap().contains("of-one"));
}
