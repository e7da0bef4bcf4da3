//! What must hold of the vocabulary.

use proptest::prelude::*;

use crate::{
    Currency, Cursor, Decimal, EmailAddress, Error, Money, PageSize, PhoneNumber, Timestamp,
    id::{CustomerId, kind},
    search, text,
};

#[test]
fn an_id_is_accepted_in_its_one_spelling_only() {
    let text = "01890a5d-ac96-774b-bcce-b302099a8057";
    assert_eq!(CustomerId::parse("id", text).unwrap().to_string(), text);
    for wrong in ["", "1", "01890a5dac96774bbcceb302099a8057", "{01890a5d-ac96-774b-bcce-b302099a8057}", "{\"$gt\":\"\"}"] {
        let error = crate::Id::<kind::Customer>::parse("customer_id", wrong).unwrap_err();
        assert!(matches!(error, Error::Invalid(v) if v[0].field == "customer_id"), "{wrong:?}");
    }
}

#[test]
fn page_sizes_outside_1_to_100_are_refused() {
    assert_eq!(PageSize::parse("page_size", None).unwrap().get(), 20);
    assert_eq!(PageSize::parse("page_size", Some(100)).unwrap().get(), 100);
    for wrong in [0, -1, 101, 1_000_000_000, i32::MAX, i32::MIN] {
        assert!(PageSize::parse("page_size", Some(wrong)).is_err(), "{wrong}");
    }
}

#[test]
fn a_page_token_of_another_list_or_made_up_is_refused() {
    let cursor = Cursor { list: 7, key: "anna".into(), id: uuid::Uuid::nil() };
    assert_eq!(Cursor::decode("page_token", &cursor.encode(), 7).unwrap(), cursor);
    let code = |error| match error {
        Error::Invalid(v) => v[0].code.to_string(),
        other => panic!("{other}"),
    };
    assert_eq!(code(Cursor::decode("page_token", &cursor.encode(), 8).unwrap_err()), "WRONG_LIST");
    for made_up in ["", "x", "bm9uc2Vuc2U", "🙂", &"A".repeat(100_000)] {
        assert_eq!(code(Cursor::decode("page_token", made_up, 7).unwrap_err()), "INVALID_TOKEN");
    }
}

#[test]
fn money_keeps_to_its_currency() {
    let euros = |text: &str| Money::parse("price", text.parse().unwrap(), Currency::EUR);
    assert_eq!(euros("12.5").unwrap().to_string(), "12.50 EUR");
    assert!(euros("0.001").is_err());
    assert!(euros("1000000000.01").is_err());
    assert!(Money::parse_not_negative("price", "-1".parse().unwrap(), Currency::EUR).is_err());
    let yen = Currency::parse("currency", "JPY").unwrap();
    assert!(Money::parse("price", "1.5".parse().unwrap(), yen).is_err());
    assert!(Currency::parse("currency", "eur").is_err());
    assert_eq!(euros("10.01").unwrap().times("0.5".parse().unwrap()).to_string(), "5.01 EUR");
}

#[test]
fn phone_numbers_become_e164() {
    for (text, expected) in [("+371 2000-0001", "+37120000001"), ("20000001", "+37120000001"), ("+49 30 901820", "+4930901820")] {
        assert_eq!(PhoneNumber::parse("phone", text).unwrap().as_str(), expected);
    }
    for wrong in ["", "abc", "123", "+371", "+99999999999999999"] {
        assert!(PhoneNumber::parse("phone", wrong).is_err(), "{wrong:?}");
    }
}

#[test]
fn email_addresses_have_one_spelling() {
    assert_eq!(EmailAddress::parse("email", " Anna@Example.COM ").unwrap().as_str(), "anna@example.com");
    for wrong in ["", "anna", "anna@", "@example.com", "Anna <anna@example.com>", "a b@example.com", "anna@localhost"] {
        assert!(EmailAddress::parse("email", wrong).is_err(), "{wrong:?}");
    }
}

#[test]
fn text_is_trimmed_bounded_and_free_of_control_characters() {
    assert_eq!(text::line("name", "  Anna ", 10).unwrap(), "Anna");
    assert!(text::line("name", "   ", 10).is_err());
    assert!(text::line("name", "12345678901", 10).is_err());
    assert!(text::line("name", "a\nb", 10).is_err());
    assert!(text::line("name", "a\u{0}b", 10).is_err());
    assert_eq!(text::paragraphs("note", "a\r\nb", 10).unwrap(), "a\nb");
    assert_eq!(text::line("name", "āčēģīķļņšūž", 11).unwrap().chars().count(), 11);
}

#[test]
fn timestamps_survive_their_stored_form() {
    let at = Timestamp::parse("starts_at", "2026-03-01T09:30:00.1234567+02:00").unwrap();
    assert_eq!(at.to_string(), "2026-03-01T07:30:00.123456Z");
    let stored = serde_json::to_string(&at).unwrap();
    assert_eq!(serde_json::from_str::<Timestamp>(&stored).unwrap(), at);
    assert!(Timestamp::parse("starts_at", "tomorrow").is_err());
}

#[test]
fn search_ignores_accents_and_case_and_finds_runs_of_digits() {
    let phone = PhoneNumber::parse("phone", "+37120012345").unwrap();
    let terms = search::terms(["Jānis Bērziņš", "Алёна Йосина", "O'Neil & Co."], [&phone]);
    for found in ["janis", "JĀN", "berz jan", "алена", "иос", "neil", "200123", "345", "+371 200-12", "co neil"] {
        assert!(search::rank(&terms, &search::query(found)).is_some(), "{found:?}");
    }
    for not_found in ["anis", "janisx", "999", "berz anna"] {
        assert!(search::rank(&terms, &search::query(not_found)).is_none(), "{not_found:?}");
    }
    assert!(search::rank(&terms, &search::query("janis")) > search::rank(&terms, &search::query("jani")));
}

proptest! {
    #[test]
    fn every_run_of_three_digits_or_more_finds_its_number(national in 20_000_000_u32..=29_999_999, start in 0_usize..8, length in 3_usize..=11) {
        let phone = PhoneNumber::parse("phone", &format!("+371{national}"));
        prop_assume!(phone.is_ok());
        let phone = phone.unwrap();
        let digits = phone.digits();
        let end = (start + length).min(digits.len());
        prop_assume!(end - start >= 3);
        let terms = search::terms([], [&phone]);
        prop_assert!(search::rank(&terms, &search::query(&digits[start..end])).is_some());
    }

    #[test]
    fn a_folded_text_folds_to_itself(text in "\\PC{0,40}") {
        let folded = search::fold(&text);
        prop_assert_eq!(search::fold(&folded), folded);
    }

    #[test]
    fn a_cursor_survives_its_token(list in any::<u64>(), key in ".{0,60}", id in any::<u128>()) {
        let cursor = Cursor { list, key: key.into(), id: uuid::Uuid::from_u128(id) };
        prop_assert_eq!(Cursor::decode("page_token", &cursor.encode(), list).unwrap(), cursor);
    }

    #[test]
    fn units_and_billionths_are_the_amount_that_they_add_up_to(
        units in prop_oneof![any::<i64>(), -1_000_i64..1_000], hundredths in -99_i32..=99, odd in prop_oneof![Just(0), any::<i32>()],
        code in prop::sample::select(vec!["EUR", "JPY", "BHD", "CLF", "XAU"]),
    ) {
        let (nanos, currency) = (hundredths * 10_000_000 + odd % 10_000_000, Currency::parse("c", code).unwrap());
        let added_up = Money::rounded(Decimal::from(units) + Decimal::new(nanos.into(), 9), currency);
        let money = Money::of_units(units, nanos, currency);
        prop_assert_eq!((money, money.to_string()), (added_up, added_up.to_string()));
    }

    #[test]
    fn a_sum_of_money_is_exact(cents in proptest::collection::vec(0_i64..1_000_000, 0..50)) {
        let amounts = cents.iter().map(|c| Money::parse("m", Decimal::new(*c, 2), Currency::EUR).unwrap());
        let total = Money::sum(Currency::EUR, amounts).unwrap();
        prop_assert_eq!(total.amount(), Decimal::new(cents.iter().sum(), 2));
    }
}
