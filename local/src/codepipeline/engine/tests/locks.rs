use super::bench::{Bench, changegate};

#[test]
fn a_stage_holds_one_run_and_the_next_waits_in_front_of_it() {
    let mut bench = Bench::idle(&changegate());
    let first = bench.start();
    bench.plan("changes");
    bench.describe();
    let second = bench.start();
    bench.plan("changes");

    assert_eq!(bench.stage_word(&first, "Apply"), "InProgress");
    assert_eq!(bench.stage_word(&second, "Apply"), "none");
    let slot = bench.slot("Apply");
    let runs = &bench.engine.pipelines[super::bench::NAME].runs;
    assert_eq!(
        (&runs[slot.occupant.unwrap()].id, &runs[slot.waiting.unwrap()].id),
        (&first, &second)
    );
}

#[test]
fn a_newer_run_supersedes_the_one_that_waits_in_front_of_a_locked_stage() {
    let mut bench = Bench::idle(&changegate());
    let first = bench.start();
    bench.plan("changes");
    let second = bench.start();
    bench.plan("changes");
    let third = bench.start();
    bench.plan("changes");

    assert_eq!(bench.by_id(&first).status.word(), "InProgress");
    assert_eq!(bench.by_id(&second).status.word(), "Superseded");
    assert!(bench.by_id(&second).summary.as_ref().unwrap().contains(&third));

    // The first run ends; the third enters, the second never does.
    bench.stop(&first, true).unwrap();
    assert_eq!(bench.stage_word(&third, "Apply"), "InProgress");
    assert_eq!(bench.stage_word(&second, "Apply"), "none");
}

#[test]
fn a_run_inside_a_stage_is_never_superseded() {
    let mut bench = Bench::idle(&changegate());
    let first = bench.start();
    bench.plan("changes");
    bench.describe();
    for _ in 0..3 {
        bench.start();
        bench.plan("changes");
    }
    assert_eq!(bench.by_id(&first).status.word(), "InProgress");
    bench.approve(&first, "Approve1");
    assert_eq!(bench.action(&first, "Approve1").status.word(), "Succeeded");
}

#[test]
fn a_failure_releases_the_lock_of_its_stage() {
    let mut bench = Bench::idle(&changegate());
    let first = bench.start();
    bench.plan("changes");
    let second = bench.start();
    bench.plan("changes");
    let job = bench.take("DescribeChangeSet").job;
    bench.fail(&job);

    assert_eq!(bench.by_id(&first).status.word(), "Failed");
    assert_eq!(bench.stage_word(&second, "Apply"), "InProgress");
}

#[test]
fn a_run_that_starts_while_the_source_stage_is_locked_waits_too() {
    let mut bench = Bench::idle(&changegate());
    let first = bench.start();
    let second = bench.start();
    assert_eq!(bench.by_id(&second).actions.len(), 0);
    bench.fetch_all();
    assert_eq!(bench.stage_word(&first, "Plan"), "InProgress");
    assert_eq!(bench.stage_word(&second, "Source"), "InProgress");
}
