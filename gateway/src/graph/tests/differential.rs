//! Queries are executed in two ways, which must say the same: planned and written straight from the messages, and by async-graphql,
//! resolver by resolver. Operations are generated over the whole schema, the services' answers over all fields of their messages, and
//! every tenth item fails. Neither way makes more calls than were told before.

mod data;
mod operations;

use std::{collections::BTreeSet, sync::Arc};

use async_graphql::{Request, Variables};
use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;
use serde_json::Value as Json;

use super::services::Services;
use crate::{
    operation::{self, Limits, Operations},
    scope::Scope,
};
use operations::Generator;

/// How many valid operations are compared.
const OPERATIONS: usize = 10_000;
/// Each has a part of them.
const THREADS: usize = 4;

#[test]
fn planned_and_plain_execution_answer_alike() {
    let workers: Vec<_> = (0..THREADS as u64).map(|seed| std::thread::spawn(move || compare(seed, OPERATIONS / THREADS))).collect();
    workers.into_iter().for_each(|worker| worker.join().unwrap());
}

/// Compares that many operations.
fn compare(seed: u64, operations: usize) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let (generator, mut chance) = (Generator::new(), ChaCha8Rng::seed_from_u64(seed));
        let (services, executing) = (data::services(), Operations::new(Limits::default()));
        let (mut valid, mut failing) = (0, 0);
        for number in 0.. {
            if valid == operations {
                break;
            }
            assert!(number < 3 * operations, "most of what is generated must be valid: {valid} of {number}");
            let (query, variables) = generator.operation(&mut chance);
            let request = || Request::new(&query).variables(Variables::from_json(variables.clone()));
            let Ok(planned) = executing.prepare(request()).await else { continue };
            valid += 1;
            let calls = planned.calls().unwrap_or_default();
            let (wave, loaders) = (scope(&services), scope(&services));
            let planned = planned.execute(&executing, &wave).await;
            let plain = executing.unplanned(request()).unwrap().execute(&executing, &loaders).await;
            assert!(wave.calls() as usize <= calls.count(), "{} calls, planned {}: {query}", wave.calls(), calls.count());
            let most = calls.count_unplanned();
            assert!(loaders.calls() as usize <= most, "{} calls, at the most {most}: {query}", loaders.calls());
            failing += usize::from(!planned.errors.is_empty());
            let (planned, plain) = (normal(planned), normal(plain));
            assert_eq!(planned, plain, "seed {seed}, number {number}: {query}\n{variables:#}");
        }
        assert!(failing > operations / 20, "failing items must be among what is compared: {failing} of {operations}");
    });
}

fn scope(services: &Services) -> Arc<Scope> {
    services.scope(Some(super::services::viewer()))
}

/// The data, whatever the order of its fields, and the errors as a set: async-graphql tells an error of a field that is
/// selected twice twice, and puts fields and errors in the order in which they are ready. Where in the document a field stands it says of
/// each of its occurrences, the planned execution of the first.
fn normal(executed: operation::Executed) -> (Json, BTreeSet<String>) {
    let mut response: Json = serde_json::from_slice(&executed.into_json()).unwrap();
    let errors = response["errors"].as_array().into_iter().flatten();
    let errors = errors.map(|error| format!("{} {} {}", error["path"], error["message"], error["extensions"])).collect();
    (response["data"].take(), errors)
}
