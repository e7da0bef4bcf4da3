//! What is asked for is answered, and nothing else; what is not asked for is not read.

use contracts::crm::customer::v1;
use customer::domain::{ContactInput, Customer, CustomerFacts, CustomerInput, CustomerType, PropertyInput};
use kernel::Env;
use proptest::{
    prelude::*,
    strategy::ValueTree as _,
    test_runner::{Config, TestRunner},
};
use serde_json::json;
use testkit::{answer, fields};

use crate::office::{Client, Office};

/// What a customer may have or not.
#[derive(Debug, Clone)]
struct Sample {
    name: String,
    organisation: bool,
    email: bool,
    archived: bool,
    properties: usize,
    contacts: usize,
    notes: usize,
    orders: Option<(u32, bool)>,
}

fn sample() -> impl Strategy<Value = Sample> {
    let counts = (0..3_usize, 0..3_usize, 0..3_usize);
    (any::<u16>(), any::<[bool; 3]>(), counts, proptest::option::of((0..5_u32, any::<bool>()))).prop_map(
        |(name, [organisation, email, archived], (properties, contacts, notes), orders)| Sample {
            name: format!("Anna {name}"),
            organisation,
            email,
            archived,
            properties,
            contacts,
            notes,
            orders,
        },
    )
}

impl Sample {
    fn customer(&self, env: &Env) -> (Customer, Option<CustomerFacts>) {
        let property = |number| PropertyInput {
            label: format!("place {number}"),
            address: kernel::Address { street: "Brīvības iela 1".into(), city: "Rīga".into(), ..Default::default() },
            access_notes: String::new(),
            area_m2: None,
        };
        let contact = |number| ContactInput {
            id: None,
            name: format!("Contact {number}"),
            position: String::new(),
            phone: String::new(),
            email: String::new(),
        };
        let input = CustomerInput {
            kind: if self.organisation { CustomerType::Organisation } else { CustomerType::Person },
            name: self.name.clone(),
            registration_number: if self.organisation { "40003000000".into() } else { String::new() },
            phone: "+37120000001".into(),
            email: if self.email { "anna@example.com".into() } else { String::new() },
            properties: (0..self.properties).map(property).collect(),
            contacts: (0..self.contacts).map(contact).collect(),
        };
        let customer = Customer::create(env, &input).unwrap().customer;
        let mut document = serde_json::to_value(&customer).unwrap();
        let actor = kernel::Actor::Service { name: "tests".into() };
        let note = |number| json!({ "id": env.random_uuid(), "text": format!("note {number}"), "author": actor, "created_at": env.now() });
        document["notes"] = (0..self.notes).map(note).collect();
        if self.archived {
            document["status"] = json!("ARCHIVED");
        }
        let customer: Customer = serde_json::from_value(document).unwrap();
        let facts = self.orders.map(|(order_count, served)| CustomerFacts {
            order_count,
            last_service_at: served.then(|| env.now()),
            ..CustomerFacts::none(customer.id)
        });
        (customer, facts)
    }
}

async fn got(client: &mut Client, ids: &[String], fields: &[&str]) -> Vec<v1::Customer> {
    let request = v1::BatchGetCustomersRequest { ids: ids.to_vec(), read_mask: fields::mask(fields) };
    let results = answer(client.batch_get_customers(request).await).unwrap().results.into_iter();
    let customer = |result: v1::CustomerResult| match result.result {
        Some(v1::customer_result::Result::Customer(customer)) => customer,
        other => panic!("{other:?}"),
    };
    results.map(customer).collect()
}

async fn listed(client: &mut Client, fields: &[&str]) -> Vec<v1::Customer> {
    let list = v1::ListCustomersRequest { page_size: Some(100), ..Default::default() };
    let request = v1::BatchListCustomersRequest { requests: vec![list], read_mask: fields::mask(fields), omit_cursors: true };
    match answer(client.batch_list_customers(request).await).unwrap().results.remove(0).result {
        Some(v1::customers_page_result::Result::Page(page)) => {
            assert_eq!(page.cursors, Vec::<String>::new(), "they were to be left out");
            page.customers
        }
        other => panic!("{other:?}"),
    }
}

async fn found(client: &mut Client, fields: &[&str]) -> Vec<v1::Customer> {
    let request =
        v1::SearchCustomersRequest { text: "anna".into(), limit: Some(100), read_mask: fields::mask(fields), ..Default::default() };
    answer(client.search_customers(request).await).unwrap().customers
}

/// Forty customers; as they are whole, in the order of lists.
async fn filled(office: &Office) -> Vec<v1::Customer> {
    let mut runner = TestRunner::new(Config::default());
    let samples = proptest::collection::vec(sample(), 40).new_tree(&mut runner).unwrap().current();
    let mut transaction = office.bed.store.company(office.bed.company).transaction(&office.principal().actor, office.bed.env.now());
    let mut customers = Vec::new();
    for sample in samples {
        let (customer, facts) = sample.customer(&office.bed.env);
        transaction.insert(&customer);
        facts.iter().for_each(|facts| {
            transaction.insert(facts);
        });
        customers.push(customer);
    }
    transaction.commit().await.unwrap();
    customers.sort_by(|one, other| (&one.sort_name, one.id).cmp(&(&other.sort_name, other.id)));
    let mut whole = Vec::new();
    for customer in customers {
        whole.push(office.read(&customer.id.to_string()).await);
    }
    whole
}

#[tokio::test]
async fn a_mask_gets_of_every_customer_those_fields_as_they_are_in_the_whole_of_them() {
    let office = Office::open().await;
    let whole = filled(&office).await;
    let ids: Vec<String> = whole.iter().map(|customer| customer.id.clone()).collect();
    let mut client = office.manager();
    for mask in [vec![vec![]], fields::masks::<v1::Customer>(3)].concat() {
        let expected: Vec<v1::Customer> = match mask.is_empty() {
            true => whole.clone(),
            false => whole.iter().map(|customer| fields::only(customer, &mask)).collect(),
        };
        assert_eq!(got(&mut client, &ids, &mask).await, expected, "{mask:?}");
        assert_eq!(listed(&mut client, &mask).await, expected, "{mask:?}");
        assert_eq!(found(&mut client, &mask).await, expected, "{mask:?}");
    }
}

#[tokio::test]
async fn what_orders_make_known_is_read_where_it_is_asked_for_alone() {
    let office = Office::open().await;
    let whole = filled(&office).await;
    let ids: Vec<String> = whole.iter().map(|customer| customer.id.clone()).collect();
    let mut client = office.manager();
    for (mask, documents) in [("name", 40), ("notes", 40), ("order_count", 80), ("last_service_at", 80)] {
        let before = office.bed.store.examined();
        got(&mut client, &ids, &[mask]).await;
        assert_eq!(office.bed.store.examined() - before, documents, "{mask}");
    }
    for read in 0..2 {
        let mut examined = Vec::new();
        for mask in ["name", "order_count"] {
            let before = office.bed.store.examined();
            match read {
                0 => listed(&mut client, &[mask]).await,
                _ => found(&mut client, &[mask]).await,
            };
            examined.push(office.bed.store.examined() - before);
        }
        assert_eq!(examined[1] - examined[0], 40);
    }
}
