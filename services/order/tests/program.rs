//! The service as a program of its own.

#[tokio::test]
async fn it_starts_alone_tells_of_itself_and_stops_when_asked() {
    testkit::alone::starts_alone(env!("CARGO_BIN_EXE_order"), "order").await;
}
