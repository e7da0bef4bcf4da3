use proptest::prelude::*;
use uuid::Uuid;

use super::*;

const HOUR: i64 = 3_600_000_000;

fn at(hours: i64) -> Timestamp {
    Timestamp::from_micros(hours * HOUR).unwrap()
}

fn id(n: i64) -> TimeOffId {
    TimeOffId::from_uuid(Uuid::from_u128(n.unsigned_abs().into()))
}

fn time_off(n: i64, from: i64, to: i64) -> TimeOff {
    TimeOff::parse(id(n), at(from), at(to), "").unwrap()
}

fn first(error: Error) -> (String, String) {
    match error {
        Error::Invalid(violations) => (violations[0].field.clone(), violations[0].code.to_string()),
        other => panic!("{other}"),
    }
}

#[test]
fn a_time_off_is_longer_than_nothing_and_at_most_366_days() {
    assert!(TimeOff::parse(id(1), at(0), at(366 * 24), "").is_ok());
    let too_long = TimeOff::parse(id(1), at(0), Timestamp::from_micros(366 * 24 * HOUR + 1).unwrap(), "");
    assert_eq!(first(too_long.unwrap_err()), ("ends_at".into(), "TOO_LONG".into()));
    for end in [0, -1] {
        let error = TimeOff::parse(id(1), at(0), at(end), "").unwrap_err();
        assert_eq!(first(error), ("ends_at".into(), "NOT_AFTER_START".into()));
    }
}

#[test]
fn the_reason_has_at_most_200_characters() {
    assert!(TimeOff::parse(id(1), at(0), at(1), &"ā".repeat(200)).is_ok());
    assert_eq!(first(TimeOff::parse(id(1), at(0), at(1), &"ā".repeat(201)).unwrap_err()), ("reason".into(), "TOO_LONG".into()));
}

#[test]
fn an_overlap_is_refused_and_names_the_other() {
    let times = TimesOff::default().with(time_off(1, 10, 20), at(0)).unwrap();
    match times.with(time_off(2, 19, 30), at(0)).unwrap_err() {
        Error::FailedPrecondition { reason, field, details, .. } => {
            assert_eq!((reason.as_ref(), field.as_ref()), ("TIME_OFF_OVERLAPS", "starts_at"));
            assert_eq!(details["time_off_id"], id(1).to_string());
        }
        other => panic!("{other}"),
    }
    assert!(times.with(time_off(2, 20, 30), at(0)).is_ok(), "they only touch");
}

#[test]
fn the_oldest_makes_room_once_it_is_over() {
    let mut times = TimesOff::default();
    for n in 0..200 {
        times = times.with(time_off(n, 2 * n, 2 * n + 1), at(0)).unwrap();
    }
    let one_more = || time_off(1_000, 1_000, 1_001);
    let refused = times.with(one_more(), at(0)).unwrap_err();
    assert!(matches!(&refused, Error::FailedPrecondition { reason, .. } if reason == "TOO_MANY_TIMES_OFF"), "{refused}");

    let kept = times.with(one_more(), at(1)).unwrap();
    assert_eq!(kept.as_slice().len(), 200);
    assert_eq!(kept.as_slice()[0].id, id(1));
    assert_eq!(kept.as_slice()[199].id, id(1_000));
}

#[test]
fn removing_one_that_is_not_there_is_not_found() {
    let times = TimesOff::default().with(time_off(1, 10, 20), at(0)).unwrap();
    assert!(times.without(id(1)).unwrap().as_slice().is_empty());
    assert!(matches!(times.without(id(2)).unwrap_err(), Error::NotFound { field, .. } if field == "time_off_id"));
}

proptest! {
    #[test]
    fn whatever_is_added_and_removed_the_times_stay_in_order_and_apart(
        steps in proptest::collection::vec((0_i64..400, 1_i64..40, any::<bool>()), 1..80),
    ) {
        let mut times = TimesOff::default();
        // The model: which hours are taken, by which time off.
        let mut hours = BTreeMap::new();
        for (n, (from, length, add)) in (1_i64..).zip(steps) {
            if add {
                let free = (from..from + length).all(|hour| !hours.contains_key(&hour));
                let added = times.with(time_off(n, from, from + length), at(0));
                prop_assert_eq!(added.is_ok(), free);
                if let Ok(added) = added {
                    times = added;
                    hours.extend((from..from + length).map(|hour| (hour, id(n))));
                }
            } else if let Some(victim) = hours.values().next().copied() {
                times = times.without(victim).unwrap();
                hours.retain(|_, owner| *owner != victim);
            }
            let listed = times.as_slice();
            prop_assert!(listed.windows(2).all(|pair| pair[0].ends_at <= pair[1].starts_at));
            let taken: i64 = listed.iter().map(|t| (t.ends_at.as_micros() - t.starts_at.as_micros()) / HOUR).sum();
            prop_assert_eq!(usize::try_from(taken).unwrap(), hours.len());
        }
    }
}
