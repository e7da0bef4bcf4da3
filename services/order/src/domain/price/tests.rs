//! What must hold of prices.

use proptest::prelude::*;

use super::*;
use crate::domain::examples::{decimal, euros, told};

fn crew(people: i32) -> CrewSize {
    CrewSize::new(people).unwrap()
}

fn per_hour(rate: &str, hours: &str) -> Base {
    Base::PerHour { rate: euros(rate), hours: decimal(hours) }
}

fn extra(label: &str, quantity: &str, unit_price: &str) -> Extra {
    Extra { label: label.into(), quantity: decimal(quantity), unit_price: euros(unit_price) }
}

fn amounts(price: &Price) -> Vec<String> {
    price.lines.iter().map(|line| line.amount.amount().to_string()).chain([price.total.amount().to_string()]).collect()
}

#[test]
fn hours_are_paid_for_each_of_the_crew() {
    let terms = PriceTerms::new(per_hour("15.50", "2.5"), vec![], None).unwrap();
    let price = terms.price(crew(3)).unwrap();
    assert_eq!(amounts(&price), ["116.25", "116.25"]);
    let line = &price.lines[0];
    assert_eq!(line.unit_price, Some(euros("15.50")));
    let factors: Vec<_> = line.factors.iter().map(|f| (f.value.to_string(), f.unit)).collect();
    assert_eq!(factors, [("2.5".to_owned(), PriceUnit::Hour), ("3".to_owned(), PriceUnit::Person)]);
}

#[test]
fn area_and_fixed_prices_do_not_depend_on_the_crew() {
    let area = PriceTerms::new(Base::PerArea { rate: euros("1.33"), area_m2: decimal("72.5") }, vec![], None).unwrap();
    let fixed = PriceTerms::new(Base::Fixed { price: euros("80") }, vec![], None).unwrap();
    for people in [1, 20] {
        assert_eq!(amounts(&area.price(crew(people)).unwrap()), ["96.43", "96.43"]);
        assert_eq!(amounts(&fixed.price(crew(people)).unwrap()), ["80.00", "80.00"]);
    }
}

#[test]
fn extras_come_on_top_and_the_discount_is_of_both() {
    let extras = vec![extra("windows", "4", "5"), extra("oven", "1", "12.50")];
    let terms = PriceTerms::new(per_hour("20", "2"), extras, Some(Discount::Percent { percent: decimal("10") })).unwrap();
    let price = terms.price(crew(1)).unwrap();
    assert_eq!(amounts(&price), ["40.00", "20.00", "12.50", "-7.25", "65.25"]);
    let kinds: Vec<_> = price.lines.iter().map(|line| line.kind).collect();
    assert_eq!(kinds, [PriceLineKind::Base, PriceLineKind::Extra, PriceLineKind::Extra, PriceLineKind::Discount]);
}

#[test]
fn a_discount_of_nothing_has_no_line() {
    for discount in [Discount::Percent { percent: Decimal::ZERO }, Discount::Amount { amount: euros("0") }] {
        let terms = PriceTerms::new(Base::Fixed { price: euros("10") }, vec![], Some(discount)).unwrap();
        assert_eq!(amounts(&terms.price(crew(1)).unwrap()), ["10.00", "10.00"]);
    }
}

#[test]
fn a_discount_takes_off_no_more_than_there_is() {
    let terms = |amount| PriceTerms::new(Base::Fixed { price: euros("10") }, vec![], Some(Discount::Amount { amount })).unwrap();
    assert_eq!(amounts(&terms(euros("10")).price(crew(1)).unwrap()), ["10.00", "-10.00", "0.00"]);
    let error = terms(euros("10.01")).price(crew(1)).unwrap_err();
    assert_eq!(told(&error), ("TOO_LARGE".into(), "discount_amount".into()));
}

#[test]
fn every_line_is_rounded_on_its_own_half_away_from_zero() {
    let terms = PriceTerms::new(per_hour("0.01", "0.5"), vec![extra("x", "0.5", "0.01")], None).unwrap();
    assert_eq!(amounts(&terms.price(crew(1)).unwrap()), ["0.01", "0.01", "0.02"]);
}

#[test]
fn amounts_have_the_decimals_of_their_currency() {
    let yen = Currency::parse("currency", "JPY").unwrap();
    let rate = Money::parse("rate", decimal("1001"), yen).unwrap();
    let terms = PriceTerms::new(Base::PerHour { rate, hours: decimal("0.5") }, vec![], None).unwrap();
    assert_eq!(amounts(&terms.price(crew(1)).unwrap()), ["501", "501"]);
}

#[test]
fn quantities_out_of_range_are_named() {
    for hours in ["0", "-1", "1000.01"] {
        let error = PriceTerms::new(per_hour("1", hours), vec![], None).unwrap_err();
        assert_eq!(told(&error), ("OUT_OF_RANGE".into(), "per_hour.hours".into()), "{hours}");
    }
    for area in ["0", "-0.1", "1000000.5"] {
        let error = PriceTerms::new(Base::PerArea { rate: euros("1"), area_m2: decimal(area) }, vec![], None).unwrap_err();
        assert_eq!(told(&error), ("OUT_OF_RANGE".into(), "per_area.area_m2".into()), "{area}");
    }
    for percent in ["-0.1", "100.1"] {
        let discount = Some(Discount::Percent { percent: decimal(percent) });
        let error = PriceTerms::new(per_hour("1", "1"), vec![], discount).unwrap_err();
        assert_eq!(told(&error), ("OUT_OF_RANGE".into(), "discount_percent".into()), "{percent}");
    }
}

#[test]
fn every_wrong_extra_is_named() {
    let dollars = Money::parse("unit_price", decimal("1"), Currency::parse("c", "USD").unwrap()).unwrap();
    let extras = vec![extra("ok", "1", "1"), extra("", "10001", "1"), Extra { unit_price: dollars, ..extra("x", "1", "1") }];
    let error = PriceTerms::new(per_hour("1", "1"), extras, None).unwrap_err();
    let expected = ("REQUIRED OUT_OF_RANGE CURRENCY_MISMATCH".into(), "extras[1].label extras[1].quantity extras[2].unit_price".into());
    assert_eq!(told(&error), expected);
    let many = vec![extra("x", "1", "1"); 51];
    assert_eq!(told(&PriceTerms::new(per_hour("1", "1"), many, None).unwrap_err()), ("TOO_MANY".into(), "extras".into()));
}

#[test]
fn a_discount_of_another_currency_is_refused() {
    let dollars = Money::parse("amount", decimal("1"), Currency::parse("c", "USD").unwrap()).unwrap();
    let error = PriceTerms::new(per_hour("1", "1"), vec![], Some(Discount::Amount { amount: dollars })).unwrap_err();
    assert_eq!(told(&error), ("CURRENCY_MISMATCH".into(), "discount_amount".into()));
}

#[test]
fn a_price_beyond_all_measure_is_refused() {
    let terms = PriceTerms::new(per_hour("1000000000", "1000"), vec![], None).unwrap();
    assert_eq!(told(&terms.price(crew(20)).unwrap_err()), ("OUT_OF_RANGE".into(), String::new()));
}

#[test]
fn terms_and_prices_survive_being_stored() {
    let discount = Some(Discount::Amount { amount: euros("1") });
    let terms = PriceTerms::new(per_hour("15.50", "2.50"), vec![extra("oven", "2.0", "3")], discount).unwrap();
    let price = terms.price(crew(2)).unwrap();
    let stored = serde_json::to_value((&terms, &price)).unwrap();
    assert_eq!(serde_json::from_value::<(PriceTerms, Price)>(stored.clone()).unwrap(), (terms, price));
    assert_eq!(stored[0]["base"]["hours"], "2.5", "one quantity has one spelling");
}

prop_compose! {
    fn any_base()(kind in 0..3, cents in 0_i64..1_000_000, quantity in 1_i64..10_000_000, scale in 0_u32..=6) -> Base {
        let rate = Money::rounded(Decimal::new(cents, 2), Currency::EUR);
        let quantity = Decimal::new(quantity, scale);
        match kind {
            0 => Base::Fixed { price: rate },
            1 => Base::PerHour { rate, hours: quantity.min(Decimal::from(1_000)) },
            _ => Base::PerArea { rate, area_m2: quantity.min(Decimal::from(1_000_000)) },
        }
    }
}

prop_compose! {
    fn any_extra()(quantity in 1_i64..1_000_000, scale in 2_u32..=6, cents in 0_i64..100_000) -> Extra {
        Extra { label: "extra".into(), quantity: Decimal::new(quantity, scale), unit_price: Money::rounded(Decimal::new(cents, 2), Currency::EUR) }
    }
}

fn any_discount() -> impl Strategy<Value = Option<Discount>> {
    let percent = (0_i64..=100_000).prop_map(|thousandths| Discount::Percent { percent: Decimal::new(thousandths, 3) });
    let amount = (0_i64..1_000_000).prop_map(|cents| Discount::Amount { amount: Money::rounded(Decimal::new(cents, 2), Currency::EUR) });
    proptest::option::of(prop_oneof![percent, amount])
}

proptest! {
    #[test]
    fn the_lines_add_up_to_a_total_that_is_not_below_zero(
        base in any_base(), extras in proptest::collection::vec(any_extra(), 0..10), discount in any_discount(), people in 1_i32..=20,
    ) {
        let terms = PriceTerms::new(base, extras, discount).unwrap();
        let Ok(price) = terms.price(crew(people)) else {
            // Only what is too much is refused.
            let undiscounted = PriceTerms { discount: None, ..terms.clone() }.price(crew(people));
            let too_much_off = |price: Price| matches!(discount, Some(Discount::Amount { amount }) if amount.amount() > price.total.amount());
            prop_assert!(undiscounted.map_or(true, too_much_off));
            return Ok(());
        };
        prop_assert_eq!(price.total.amount(), price.lines.iter().map(|line| line.amount.amount()).sum::<Decimal>());
        prop_assert!(price.total.amount() >= Decimal::ZERO);
        for line in &price.lines {
            prop_assert_eq!(line.amount, Money::rounded(line.amount.amount(), Currency::EUR), "whole cents");
            prop_assert_eq!(line.amount.amount() < Decimal::ZERO, line.kind == PriceLineKind::Discount);
            if let Some(unit_price) = line.unit_price {
                let product = line.factors.iter().map(|f| f.value).product::<Decimal>() * unit_price.amount();
                prop_assert!((product - line.amount.amount()).abs() <= Decimal::new(5, 3), "rounded to the cent, once");
            }
        }
    }
}
