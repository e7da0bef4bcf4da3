//! The office's work from end to end, through GraphQL alone. Which programs stand behind the gateway, the scenarios
//! don't know.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test's assertions")]

mod scenarios {
    mod bad_input;
    mod crew_conflicts;
    mod edge;
    mod logins;
    mod office_day;
    mod paging;
    mod photos;
    mod readme;
    mod roles;
    mod rpc_counts;
    mod search;
    mod stage;
}
