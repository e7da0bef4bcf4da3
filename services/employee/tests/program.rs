//! The service as a program of its own, on a real MongoDB and RabbitMQ.

#[tokio::test]
async fn it_starts_before_store_and_broker_are_there_is_ready_with_them_and_stops_when_asked() {
    let path = env!("CARGO_BIN_EXE_employee");
    testkit::alone::starts_alone(path, "employee", &components::mongodb_url(), &components::rabbitmq_url()).await;
}
