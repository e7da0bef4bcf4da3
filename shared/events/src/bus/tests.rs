use std::time::Duration;

use kernel::Env;

use super::{DeadLetterId, RetryPolicy};

#[test]
fn waits_double_up_to_the_longest() {
    let retry = RetryPolicy { max_attempts: 9, first_delay: Duration::from_millis(200), max_delay: Duration::from_secs(1) };
    let waits: Vec<u128> = (1..=5).map(|failures| retry.delay(failures).as_millis()).collect();
    assert_eq!(waits, [200, 400, 800, 1_000, 1_000]);
    assert_eq!(retry.delay(u32::MAX), retry.max_delay);
}

#[test]
fn a_dead_letters_name_survives_its_text() {
    let id = DeadLetterId { consumer: "order.customers".to_owned(), event: Env::system().new_id() };
    assert_eq!(id.to_string().parse::<DeadLetterId>().unwrap(), id);
    for wrong in ["", "order.customers", "order.customers/", "order.customers/1", "01890a5d-ac96-774b-bcce-b302099a8057"] {
        assert!(wrong.parse::<DeadLetterId>().is_err(), "{wrong:?}");
    }
}
