//! What happens in the demo: made of one seed, so that every first start has the same people, customers and orders
//! around the day on which it takes place.

use std::{collections::HashSet, time::Duration};

use kernel::Timestamp;
use rand::{Rng as _, SeedableRng as _, seq::IndexedRandom as _};
use rand_chacha::ChaCha8Rng;

use super::names::{self, People};

pub(super) const EMPLOYEES: usize = 40;
pub(super) const CUSTOMERS: usize = 500;
pub(super) const ORDERS: usize = 5_000;
/// From a year back to two months ahead, in days.
const DAYS: std::ops::RangeInclusive<i64> = -365..=60;
/// When orders begin, in hours after midnight in UTC.
const SLOTS: [u64; 3] = [6, 10, 14];
const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);

/// A person who works for the company.
pub(super) struct EmployeeRole {
    pub(super) first_name: String,
    pub(super) last_name: String,
    pub(super) phone: String,
    pub(super) email: String,
    pub(super) hourly_rate_cents: i64,
    pub(super) skills: Vec<&'static str>,
}

/// Somebody for whom the company works.
pub(super) struct CustomerRole {
    pub(super) organisation: bool,
    pub(super) name: String,
    pub(super) registration_number: String,
    pub(super) phone: String,
    pub(super) email: String,
    pub(super) properties: Vec<PropertyRole>,
    pub(super) note: Option<&'static str>,
}

/// A place to clean.
pub(super) struct PropertyRole {
    pub(super) label: String,
    pub(super) street: String,
    pub(super) city: &'static str,
    pub(super) postal_code: String,
    pub(super) access_notes: &'static str,
    pub(super) area_m2: u32,
}

/// How the price of an order is made.
pub(super) enum PriceRole {
    Fixed { cents: i64 },
    PerHour { cents: i64, hours: u32 },
    PerArea { cents: i64 },
}

/// How far an order comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Draft,
    Scheduled,
    InProgress,
    Completed,
    Canceled(&'static str),
}

/// A cleaning.
pub(super) struct OrderRole {
    pub(super) customer: usize,
    pub(super) property: usize,
    pub(super) object_cleaning: bool,
    pub(super) ordered_at: Timestamp,
    pub(super) starts_at: Timestamp,
    pub(super) ends_at: Timestamp,
    pub(super) crew: Vec<usize>,
    pub(super) crew_size: usize,
    pub(super) price: PriceRole,
    pub(super) area_m2: u32,
    pub(super) extra: Option<(&'static str, i64)>,
    pub(super) discount_percent: Option<u32>,
    pub(super) client_comments: &'static str,
    pub(super) checklist: Vec<&'static str>,
    pub(super) fate: Fate,
}

/// The whole demo.
pub(super) struct Script {
    pub(super) employees: Vec<EmployeeRole>,
    pub(super) customers: Vec<CustomerRole>,
    pub(super) orders: Vec<OrderRole>,
    /// The order that is made when all else is there: one that was done, which nobody can delete.
    pub(super) last: OrderRole,
}

impl Script {
    /// The demo as of `now`.
    pub(super) fn new(now: Timestamp) -> Self {
        let mut chance = ChaCha8Rng::seed_from_u64(20_010_704);
        let employees = (0..EMPLOYEES).map(|number| employee(&mut chance, number)).collect();
        let customers: Vec<_> = (0..CUSTOMERS).map(|number| customer(&mut chance, number)).collect();
        let (mut busy, mut taken) = (HashSet::new(), HashSet::new());
        // One order of a customer at a time, so that a start after a kill can tell what is there already.
        let mut orders: Vec<_> = std::iter::repeat_with(|| order(&mut chance, now, &customers, &mut busy))
            .filter(|order| taken.insert((order.customer, order.starts_at)))
            .take(ORDERS)
            .collect();
        orders.sort_by_key(|order| order.ordered_at);
        let done = orders.iter().rposition(|order| order.fate == Fate::Completed).unwrap_or_default();
        let last = orders.remove(done);
        Self { employees, customers, orders, last }
    }
}

fn pick<T: Copy>(chance: &mut ChaCha8Rng, from: &[T]) -> T {
    // None of the lists is empty.
    from.choose(chance).copied().unwrap_or(from[0])
}

fn employee(chance: &mut ChaCha8Rng, number: usize) -> EmployeeRole {
    let People { first, last } = pick(chance, names::PEOPLE);
    let skills = (0..chance.random_range(1..4)).map(|_| pick(chance, names::SKILLS)).collect::<HashSet<_>>();
    let mut skills: Vec<_> = skills.into_iter().collect();
    skills.sort_unstable();
    EmployeeRole {
        first_name: pick(chance, first).to_owned(),
        last_name: pick(chance, last).to_owned(),
        phone: format!("+37126{:06}", 100_000 + number * 7_919 % 800_000),
        email: format!("cleaner{:02}@alva.example", number + 1),
        hourly_rate_cents: chance.random_range(16..30) * 50,
        skills,
    }
}

fn customer(chance: &mut ChaCha8Rng, number: usize) -> CustomerRole {
    let organisation = chance.random_ratio(3, 10);
    let name = if organisation {
        let name = pick(chance, names::ORGANISATION_NAMES);
        format!("{} {}", pick(chance, names::ORGANISATIONS).replace("{}", name), number % 90 + 10)
    } else {
        let People { first, last } = pick(chance, names::PEOPLE);
        format!("{} {}", pick(chance, first), pick(chance, last))
    };
    let places = if organisation { chance.random_range(1..4) } else { chance.random_range(1..3) };
    CustomerRole {
        organisation,
        name,
        registration_number: if organisation { format!("400{:08}", 30_000_000 + number * 104_729 % 60_000_000) } else { String::new() },
        phone: format!("+37129{:06}", 100_000 + number * 1_709 % 899_999),
        email: format!("customer{:03}@mail.example", number + 1),
        properties: (0..places).map(|place| property(chance, organisation, place)).collect(),
        note: chance.random_ratio(1, 4).then(|| pick(chance, names::NOTES)),
    }
}

fn property(chance: &mut ChaCha8Rng, organisation: bool, place: usize) -> PropertyRole {
    let (city, postal, streets) = pick(chance, names::CITIES);
    let label = match (organisation, place) {
        (true, 0) => "Office",
        (true, _) => "Branch",
        (false, 0) => "Home",
        (false, _) => "Summer house",
    };
    PropertyRole {
        label: label.to_owned(),
        street: format!("{} {}-{}", pick(chance, streets), chance.random_range(1..180), chance.random_range(1..60)),
        city,
        postal_code: format!("{postal}{:02}", chance.random_range(1..90)),
        access_notes: pick(chance, names::ACCESS_NOTES),
        area_m2: if organisation { chance.random_range(80..900) } else { chance.random_range(28..260) },
    }
}

fn order(chance: &mut ChaCha8Rng, now: Timestamp, customers: &[CustomerRole], busy: &mut HashSet<(i64, usize, usize)>) -> OrderRole {
    // Customers who order often, and many who seldom do.
    let customer = chance.random_range(0..customers.len()).min(chance.random_range(0..customers.len()));
    let (day, slot) = (chance.random_range(DAYS), chance.random_range(0..SLOTS.len()));
    let hours = chance.random_range(2..=3);
    let starts_at = midnight(now, day).plus(HOUR * u32::try_from(SLOTS[slot]).unwrap_or(0));
    let ends_at = starts_at.plus(HOUR * hours);
    let crew_size = pick(chance, &[1, 1, 2, 2, 2, 3]);
    let fate = if ends_at < now {
        if chance.random_ratio(7, 100) { Fate::Canceled(pick(chance, names::REASONS)) } else { Fate::Completed }
    } else if starts_at <= now {
        Fate::InProgress
    } else {
        match chance.random_range(0..100) {
            0..8 => Fate::Draft,
            8..12 => Fate::Canceled(pick(chance, names::REASONS)),
            _ => Fate::Scheduled,
        }
    };
    let wanted = match fate {
        Fate::Draft => 0,
        Fate::Scheduled if chance.random_ratio(1, 8) => crew_size - 1,
        _ => crew_size,
    };
    let mut crew = Vec::new();
    for _ in 0..200 {
        if crew.len() == wanted {
            break;
        }
        let somebody = chance.random_range(0..EMPLOYEES);
        if busy.insert((day, slot, somebody)) {
            crew.push(somebody);
        }
    }
    let properties = &customers[customer].properties;
    let property = chance.random_range(0..properties.len());
    let price = match chance.random_range(0..3) {
        0 => PriceRole::Fixed { cents: chance.random_range(80..500) * 50 },
        1 => PriceRole::PerHour { cents: chance.random_range(28..52) * 50, hours },
        _ => PriceRole::PerArea { cents: chance.random_range(60..190) },
    };
    OrderRole {
        customer,
        property,
        area_m2: properties[property].area_m2,
        object_cleaning: chance.random_ratio(1, 5),
        ordered_at: starts_at.minus(DAY * chance.random_range(1..14)).min(now.minus(HOUR)),
        starts_at,
        ends_at,
        crew,
        crew_size,
        price,
        extra: chance.random_ratio(1, 5).then(|| pick(chance, &[("Windows", 1_500), ("Oven", 2_000), ("Balcony", 1_200)])),
        discount_percent: chance.random_ratio(1, 8).then(|| chance.random_range(1..5) * 5),
        client_comments: pick(chance, names::CLIENT_COMMENTS),
        checklist: names::CHECKLIST.iter().copied().filter(|_| chance.random_ratio(1, 3)).collect(),
        fate,
    }
}

fn midnight(now: Timestamp, day: i64) -> Timestamp {
    const MICROS: i64 = 86_400_000_000;
    let today = now.as_micros().div_euclid(MICROS);
    Timestamp::from_micros((today + day) * MICROS).unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn script() -> Script {
        Script::new(Timestamp::parse("", "2026-06-15T10:30:00Z").unwrap_or(Timestamp::EPOCH))
    }

    #[test]
    fn the_demo_is_the_same_at_every_first_start() {
        let told = |script: &Script| {
            let orders = script.orders.iter().map(|order| (order.customer, order.starts_at, order.crew.clone()));
            (script.employees.iter().map(|employee| employee.phone.clone()).collect::<Vec<_>>(), orders.collect::<Vec<_>>())
        };
        assert_eq!(told(&script()), told(&script()));
    }

    #[test]
    fn it_has_the_size_and_the_time_that_it_shall_have_and_asks_nobody_to_be_in_two_places() {
        let script = script();
        let orders = || script.orders.iter().chain([&script.last]);
        assert_eq!((script.employees.len(), script.customers.len(), orders().count()), (40, 500, 5_000));
        assert_eq!(script.last.fate, Fate::Completed, "nobody can delete it");
        let mut busy = HashSet::new();
        for order in orders() {
            assert!(order.starts_at.since(order.ordered_at) > Duration::ZERO && order.ends_at > order.starts_at);
            assert!(order.crew.iter().all(|somebody| busy.insert((*somebody, order.starts_at))), "somebody is in two places");
        }
        let phones: HashSet<_> = script.employees.iter().map(|employee| &employee.phone).collect();
        assert_eq!(phones.len(), script.employees.len());
        for fate in [Fate::Draft, Fate::Scheduled, Fate::InProgress, Fate::Completed] {
            assert!(script.orders.iter().any(|order| order.fate == fate), "the demo shows every status");
        }
    }
}
