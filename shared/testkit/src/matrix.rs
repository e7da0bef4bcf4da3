//! Callers × methods: who gets what from each method of a service.

use std::fmt::Debug;

/// Holds the methods of `service`, by its full name, against the rows of a matrix.
///
/// # Panics
/// Unless every method of the contract has a row, or several in a row, every row a method, and both come in the same
/// order.
pub fn every_method_has_a_row<'a>(service: &str, rows: impl IntoIterator<Item = &'a str>) {
    let methods: Vec<&str> = methods(service).map(|method| method.name.as_str()).collect();
    let mut rows: Vec<&str> = rows.into_iter().collect();
    rows.dedup();
    assert!(!methods.is_empty(), "there is no service {service}");
    assert_eq!(rows, methods, "the rows are not the methods of {service}: who may call it?");
}

/// The methods of the service with this full name, in the order of the contract.
pub fn methods(service: &str) -> impl Iterator<Item = &'static contracts::Method> {
    contracts::methods().iter().filter(move |method| method.service == service)
}

/// Makes the call of each row as each of `callers`, and compares what they get with the row. A row is a method, what
/// else `call` must know of it, and what each caller shall get.
///
/// # Panics
/// With all cells that are wrong; and as [`every_method_has_a_row`].
pub async fn check<'a, C, S, O, const N: usize>(
    service: &str,
    rows: impl IntoIterator<Item = (&'a str, S, [O; N])>,
    callers: [C; N],
    mut call: impl AsyncFnMut(&'a str, &S, C) -> O,
) where
    C: Copy + Debug,
    S: Debug,
    O: PartialEq + Debug,
{
    let rows: Vec<_> = rows.into_iter().collect();
    every_method_has_a_row(service, rows.iter().map(|(method, ..)| *method));
    let mut wrong = Vec::new();
    for (method, subject, expected) in rows {
        for (caller, expected) in callers.into_iter().zip(expected) {
            let got = call(method, &subject, caller).await;
            if got != expected {
                wrong.push(format!("{method} {subject:?} by {caller:?}: {got:?}, not {expected:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[cfg(test)]
mod tests {
    use super::*;

    const SERVICE: &str = "crm.customer.v1.CustomerService";

    fn rows() -> Vec<(&'static str, (), [bool; 1])> {
        methods(SERVICE).map(|method| (method.name.as_str(), (), [true])).collect()
    }

    #[tokio::test]
    async fn a_matrix_that_is_right_passes_with_a_call_for_each_cell() {
        let mut calls = 0;
        check(SERVICE, rows(), ["anybody"], async |_, (), _| {
            calls += 1;
            true
        })
        .await;
        assert_eq!(calls, methods(SERVICE).count());
    }

    #[tokio::test]
    #[should_panic(expected = "who may call it?")]
    async fn a_method_without_a_row_fails() {
        check(SERVICE, rows().into_iter().skip(1), ["anybody"], async |_, (), _| true).await;
    }

    #[tokio::test]
    #[should_panic(expected = "GetCustomer () by \"anybody\": false, not true")]
    async fn a_cell_that_is_wrong_fails() {
        check(SERVICE, rows(), ["anybody"], async |method, (), _| method != "GetCustomer").await;
    }

    #[test]
    #[should_panic(expected = "there is no service")]
    fn a_service_that_is_not_there_fails() {
        every_method_has_a_row("crm.customer.v1.Customers", []);
    }
}
