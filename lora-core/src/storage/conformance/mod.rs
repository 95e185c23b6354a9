//! The conformance suite: what any store must do, as tests that any store can run (feature `test-support`).
//!
//! A store's tests implement [`Harness`] and call [`store_conformance!`](crate::store_conformance), which makes one
//! `#[test]` of each case here. A case gets stores of its own, so that cases may run side by side.

mod history;
mod operations;
mod paths;
mod register;
mod seam;
mod twins;
mod windows;

use std::future::Future;
use std::sync::Arc;

pub use history::*;
pub use operations::*;
pub use paths::*;
pub use register::*;
pub use seam::*;
pub use twins::*;
pub use windows::*;

use crate::Service;
use crate::oio::shipped_classes;
use crate::query::TimeContext;
use crate::storage::Storage;
use crate::time::{Clock, ManualClock};

/// How the suite gets at stores of one kind.
pub trait Harness: Sync {
    /// The store under test.
    type Store: Storage;

    /// A new and empty store whose instants come from `clock`.
    fn empty(&self, clock: Arc<dyn Clock>) -> impl Future<Output = Self::Store>;

    /// Runs a future to its end, with whatever runtime the store needs; cases call it from threads of their own, too.
    fn run<F: Future>(&self, future: F) -> F::Output;
}

/// 2020-01-01T00:00:00Z, where the suite's clocks start.
pub const START_MICROS: i64 = 1_577_836_800_000_000;

/// A service on a new store, with the shipped classes and a clock that the case sets.
pub(super) async fn service<H: Harness>(harness: &H) -> (Service<H::Store>, Arc<ManualClock>) {
    let clock = clock();
    let store = harness.empty(clock.clone()).await;
    let service = Service::open(store, shipped_classes(), || [0x5a; 16]).await.expect("an empty store opens");
    (service, clock)
}

/// Every invariant holds of what a case leaves behind.
pub(super) async fn in_order<S: Storage>(store: &S) {
    let report = crate::check::check(store, |_| {}).await.expect("readable");
    assert!(report.is_clean(), "{report}");
}

pub(super) fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::at(START_MICROS).expect("a finite instant"))
}

/// All of valid time, as known latest.
pub(super) fn always(clock: &ManualClock) -> TimeContext {
    TimeContext::now(clock.now()).always()
}

/// Makes one `#[test]` of each case of the suite: `store_conformance!(harness_expression);`.
#[macro_export]
macro_rules! store_conformance {
    ($harness:expr) => {
        $crate::store_conformance!($harness;
            positions_are_gapless_and_instants_rise_whatever_the_clock_does,
            a_step_is_all_or_nothing,
            a_step_without_entries_is_refused,
            a_guard_is_refused_to_whoever_did_not_see_it_taken,
            a_view_reopened_at_a_position_shows_what_it_showed,
            registrations_are_known_from_their_instant_until_the_next,
            history_comes_in_pages,
            a_window_has_what_was_known_at_some_instant_of_it,
            windows_agree_with_histories,
            windows_of_many_objects_come_in_pages,
            the_rest_of_an_object_can_be_left_out,
            postings_are_rectangles_in_pages,
            terms_are_all_that_ever_were,
            boundaries_are_those_of_the_newest_registration,
            the_ledger_gives_whole_steps_and_wakes_who_waits,
            a_restored_step_takes_over_its_instant,
            contents_are_kept_under_their_hash,
            an_asserted_time_is_kept_and_holds_the_clock_up,
            ids_are_kept_when_classes_come_and_go,
            whoever_knows_older_declarations_may_not_write,
            every_act_follows_the_life_cycle,
            a_correction_of_the_past_leaves_what_was_known,
            an_update_that_changes_nothing_stores_nothing,
            what_is_not_sound_is_refused_and_leaves_no_trace,
            lists_leave_out_unknown_and_deleted_objects,
            lists_over_a_window_are_whole,
            searches_find_by_every_criterion_on_both_axes,
            pages_are_pinned_to_a_position,
            history_imports_keep_their_times,
            a_clock_that_steps_back_hides_nothing,
            an_import_changes_the_past_at_later_positions_only,
            writers_of_one_object_all_get_their_turn,
            for_a_fixed_position_an_answer_never_changes,
            an_access_revoked_at_an_instant_is_there_one_microsecond_earlier,
            paths_are_followed_from_every_node,
            what_is_optional_may_be_missing,
            rows_rest_on_registrations_and_so_do_their_changes,
            timelines_turn_at_the_microsecond_and_are_open_at_the_end,
            registrations_say_what_they_changed,
            differences_are_exact_to_the_microsecond_and_name_their_causes,
            differences_of_sets_and_subtrees_are_of_what_is_found_at_either_point,
            differences_of_many_objects_are_whole,
            what_was_learned_is_believed_from_the_microsecond_it_was_registered,
            a_registration_is_taken_back_or_refused,
            history_is_what_the_store_in_memory_says,
            what_is_put_by_name_is_read_by_name,
            what_is_asked_by_name_is_found,
            writers_of_one_relation_keep_what_others_add,
        );
    };
    ($harness:expr; $($case:ident),+ $(,)?) => {
        $(
            #[test]
            fn $case() {
                let harness = $harness;
                $crate::storage::conformance::Harness::run(&harness, $crate::storage::conformance::$case(&harness));
            }
        )+
    };
}
