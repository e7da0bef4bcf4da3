//! What must hold of every adapter of the store. A further adapter is one more line at the end.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use std::time::Duration;

mod backup;
mod collections;
mod erasure;
mod fixture;
mod history;
mod inbox;
mod isolation;
mod outbox;
mod pages;
mod parts;
mod queries;
#[path = "../mongodb/scratch.rs"]
mod scratch;
mod search;
mod versions;

/// Runs every case of the contract on fresh stores of one adapter: `open` is an
/// `async fn(&'static [&'static Collection]) -> (Store, impl Sized)`; the second is kept as long as the store.
macro_rules! store_contract {
    ($adapter:ident, $open:ident) => {
        mod $adapter {
            store_contract! { @cases $open;
                versions: a_document_comes_back_as_it_was_written, a_stale_update_is_a_conflict_with_the_current_version,
                    a_stale_delete_is_a_conflict, an_insert_of_what_is_there_is_a_conflict, of_concurrent_commits_exactly_one_wins,
                    a_failed_commit_changes_nothing, writes_of_one_transaction_follow_one_another, put_replaces_whatever_is_there,
                    an_update_must_add_one_to_the_version, absence_can_be_relied_on, a_deleted_document_is_gone_from_every_query;
                collections: a_unique_key_is_taken_once, a_unique_key_is_free_after_change_and_deletion, null_is_never_taken,
                    of_concurrent_inserts_with_one_key_exactly_one_wins, a_document_that_cannot_be_indexed_is_refused,
                    an_undeclared_collection_is_refused, companies_are_added_once;
                isolation: another_company_sees_and_touches_nothing, unique_keys_hold_within_the_company;
                queries: filters_find_what_they_say, ranges_do_not_find_null, null_and_missing_sort_first,
                    an_array_finds_its_document_once, objects_in_arrays_are_found_by_their_field,
                    filters_without_an_index_of_their_own_are_applied, a_query_without_an_index_names_the_missing_one,
                    many_are_got_in_the_order_asked_for, counting_ends_where_told, an_empty_choice_finds_nothing,
                    texts_are_in_the_order_of_their_code_points;
                pages: pages_lose_and_repeat_nothing_while_others_write, tokens_made_up_or_of_another_list_are_refused,
                    one_bad_list_does_not_spoil_the_others, a_page_size_out_of_range_is_refused, every_item_has_its_cursor,
                    a_page_costs_the_same_whatever_the_number_of_documents;
                parts: what_was_asked_for_is_read_and_nothing_else, a_field_that_is_not_there_is_null_and_not_unread,
                    only_fields_at_the_top_can_be_named, lists_and_their_cursors_are_those_of_whole_documents,
                    a_bad_list_is_told_and_costs_the_others_nothing, a_search_finds_by_what_it_does_not_hand_over;
                search: words_find_by_their_beginning, every_word_and_filter_must_hold, the_rarest_word_is_read,
                    a_search_reads_no_more_than_its_limit_and_says_so;
                history: changes_are_kept_with_who_and_when, derived_and_secret_fields_are_left_out,
                    elements_of_lists_are_matched_by_id, a_touch_leaves_no_entry, history_is_in_the_order_of_versions;
                outbox: events_come_in_the_order_of_commits_until_marked, a_failed_commit_publishes_nothing, a_commit_with_events_wakes_the_relay,
                    depth_tells_count_and_oldest, sent_events_are_forgotten_pending_ones_are_not, an_event_of_another_company_is_refused;
                inbox: an_event_has_its_effect_once, a_redelivery_is_told_from_a_conflict, each_consumer_has_its_own_marks,
                    of_concurrent_deliveries_exactly_one_has_its_effect, forgotten_marks_are_gone;
                erasure: values_and_events_go_with_the_commit_and_nothing_else, no_trace_is_left_in_what_is_handed_over,
                    a_deleted_entity_is_forgotten_too, a_failed_commit_forgets_nothing;
            }
            store_contract! { @cases_of_two $open;
                backup: what_is_taken_in_is_the_same_store, an_export_is_of_one_moment_while_others_write,
                    a_store_that_holds_anything_takes_nothing_in, a_store_with_marks_alone_is_not_empty,
                    a_collection_that_is_not_known_is_named, a_batch_taken_in_twice_changes_nothing,
                    an_export_that_nobody_takes_ends, sent_events_of_since_are_pending_again;
            }
        }
    };
    (@cases $open:ident; $($area:ident: $($case:ident),* ;)*) => {
        $(mod $area {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                let (store, _kept) = crate::$open(crate::fixture::COLLECTIONS).await;
                crate::$area::$case(store).await;
            })*
        })*
    };
    (@cases_of_two $open:ident; $($area:ident: $($case:ident),* ;)*) => {
        $(mod $area {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                let (one, _kept) = crate::$open(crate::fixture::COLLECTIONS).await;
                let (other, _kept_too) = crate::$open(crate::fixture::COLLECTIONS).await;
                crate::$area::$case((one, other)).await;
            })*
        })*
    };
}

async fn open_sqlite(collections: &'static [&'static store::Collection]) -> (store::Store, ()) {
    (store::Store::sqlite_in_memory(collections).await.unwrap(), ())
}

async fn open_mongodb(collections: &'static [&'static store::Collection]) -> (store::Store, scratch::Scratch) {
    let scratch = scratch::Scratch::new();
    let store = scratch.open(collections);
    // Many databases are made at once here, which takes longer than an operation may; the machine may be busy after that too.
    store.clone().with_deadline(Duration::from_secs(60)).ping().await.unwrap();
    (store.with_deadline(Duration::from_secs(20)), scratch)
}

store_contract!(sqlite, open_sqlite);
store_contract!(mongodb, open_mongodb);
