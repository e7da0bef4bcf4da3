use proptest::prelude::*;

use super::*;

fn window(weekday: Weekday, start: i32, end: i32) -> Window {
    Window::parse("availability[0]", weekday, start, end).unwrap()
}

fn first(error: Error) -> (String, String) {
    match error {
        Error::Invalid(violations) => (violations[0].field.clone(), violations[0].code.to_string()),
        other => panic!("{other}"),
    }
}

#[test]
fn a_window_lies_within_its_day() {
    assert_eq!(window(Weekday::Monday, 0, 1440).end_minute(), 1440);
    for (start, end, field, code) in [
        (-1, 60, "start_minute", "OUT_OF_RANGE"),
        (1440, 1440, "start_minute", "OUT_OF_RANGE"),
        (0, 1441, "end_minute", "OUT_OF_RANGE"),
        (0, i32::MAX, "end_minute", "OUT_OF_RANGE"),
        (60, 60, "end_minute", "NOT_AFTER_START"),
        (61, 60, "end_minute", "NOT_AFTER_START"),
    ] {
        let error = Window::parse("availability[2]", Weekday::Friday, start, end).unwrap_err();
        assert_eq!(first(error), (format!("availability[2].{field}"), code.to_owned()), "{start} to {end}");
    }
}

#[test]
fn windows_that_touch_do_not_overlap() {
    let touching = [window(Weekday::Monday, 0, 480), window(Weekday::Monday, 480, 960), window(Weekday::Tuesday, 0, 480)];
    assert!(Availability::parse("availability", &touching).is_ok());
}

#[test]
fn an_overlap_is_refused_by_its_place() {
    let windows = [window(Weekday::Tuesday, 0, 60), window(Weekday::Monday, 0, 60), window(Weekday::Monday, 59, 70)];
    let error = Availability::parse("availability", &windows).unwrap_err();
    assert_eq!(first(error), ("availability[2]".into(), "OVERLAPS".into()));
}

#[test]
fn more_than_21_windows_are_refused() {
    let windows: Vec<Window> = (0..22).map(|n| window(Weekday::Monday, n, n + 1)).collect();
    assert!(Availability::parse("availability", &windows[..21]).is_ok());
    assert_eq!(first(Availability::parse("availability", &windows).unwrap_err()), ("availability".into(), "TOO_MANY".into()));
}

fn windows() -> impl Strategy<Value = Vec<Window>> {
    let one =
        (0_usize..7, 0_i32..1440, 1_i32..600).prop_map(|(day, start, length)| window(Weekday::ALL[day], start, (start + length).min(1440)));
    proptest::collection::vec(one, 0..=Availability::MAX)
}

proptest! {
    #[test]
    fn windows_are_accepted_exactly_where_no_minute_belongs_to_two(windows in windows()) {
        let mut minutes = std::collections::HashSet::new();
        let disjoint = windows
            .iter()
            .flat_map(|w| (w.start_minute()..w.end_minute()).map(|minute| (w.weekday(), minute)))
            .all(|minute| minutes.insert(minute));
        prop_assert_eq!(Availability::parse("availability", &windows).is_ok(), disjoint);
    }

    #[test]
    fn the_order_in_which_windows_are_given_does_not_matter(windows in windows(), seed in any::<prop::sample::Index>()) {
        let mut turned = windows.clone();
        if !turned.is_empty() {
            turned.rotate_left(seed.index(windows.len()));
        }
        prop_assert_eq!(Availability::parse("a", &windows).ok(), Availability::parse("a", &turned).ok());
    }
}
