use std::time::Duration;

use tokio::{io::AsyncReadExt as _, net::TcpListener, time::timeout};

use super::{Fault, Wire};

#[tokio::test]
async fn a_broker_that_says_nothing_is_given_up() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let uri = format!("amqp://{}/%2f", silent.local_addr().unwrap()).parse().unwrap();
    let (connected, accepted) = tokio::join!(Wire::connect(&uri, "test"), silent.accept());
    assert!(matches!(connected.err(), Some(Fault::TooSlow(_))));
    let (mut accepted, mut sent) = (accepted.unwrap().0, Vec::new());
    timeout(Duration::from_secs(5), accepted.read_to_end(&mut sent)).await.expect("the connection is cut").unwrap();
}
