//! The ordinary path, each delivery of a job, and retries.

use super::*;

#[test]
fn a_review_is_written_told_and_bound_to_its_digest() {
    let world = World::new();
    let variables = world.variables();
    let digest = Sha256::of(world.file(DIGEST_FILE)).to_string();
    assert_eq!(variables["Digest"], digest);
    assert_eq!(
        variables["Link"],
        format!("https://reviews.example.com/?prefix=reviews/{PIPELINE}/{RUN}/1/review.html")
    );
    assert_eq!(variables["Risk"], "low");
    assert_eq!(
        variables["Summary"],
        format!(
            "network: 1 changed, 1 added · alice, bob · #42 · digest {}…",
            &digest[..12]
        )
    );
    let text = world.file("review.txt");
    for part in [
        "DelaySeconds",
        "- 1",
        "+ 5",
        "通知 — café",
        "2 of 2",
        "Slow the queue down",
        "bob: approved",
    ] {
        assert!(text.to_lowercase().contains(&part.to_lowercase()), "{part} in\n{text}");
    }
    for file in ["review.json", "review.md", "review.html"] {
        assert!(world.file(file).contains("DelaySeconds"), "{file}");
    }
    let published = world.topics.published();
    assert_eq!(published.len(), 1);
    assert_eq!(published[0].0, TOPIC);
    assert_eq!(published[0].2, text);
    assert_eq!(world.repository.statuses()[0].commit, COMMIT);
    assert_eq!(world.repository.comments()[0].0, 42);
}

#[test]
fn the_first_change_of_an_adopted_stack_says_that_its_service_role_stays() {
    let world = World::new();
    world.evidence.remove(&keys::executed(PIPELINE));
    world.variables();
    let role = "arn:aws:iam::000000000000:role/changegate/deployers/stack";
    let text = world
        .file("review.txt")
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    let warning = format!("the stack has no service role; this change gives it {role} for ever");
    assert!(text.contains(&warning), "{text}");

    let managed = World::new();
    managed.variables();
    assert!(!managed.file("review.txt").contains("for ever"));
}

#[test]
fn a_second_delivery_changes_nothing_and_answers_the_same() {
    let world = World::new();
    let first = world.variables();
    let keys = world.evidence.keys();
    let calls = world.wire.count_of("s3:PutObject");
    assert_eq!(world.variables(), first);
    assert_eq!(world.evidence.keys(), keys);
    assert_eq!(world.wire.count_of("s3:PutObject"), calls);
    assert_eq!(world.topics.published().len(), 1);
}

#[test]
fn a_delivery_that_is_killed_at_any_call_is_finished_by_the_next() {
    let world = World::new();
    let before = world.wire.count();
    let expected = world.variables();
    let calls = world.wire.count() - before;
    for call in 0..calls {
        for fault in [Fault::KillBefore, Fault::KillAfter] {
            let world = World::new();
            world.wire.break_call(before + call, fault);
            assert!(world.deliver().is_none(), "call {call}");
            assert_eq!(world.variables(), expected, "call {call}");
            assert!(!world.topics.published().is_empty());
            assert!(world.topics.published().len() <= 2, "call {call}");
        }
    }
}

#[test]
fn a_stack_policy_alone_is_reviewed_without_a_change_set() {
    let mut gate = gate();
    gate.stack_policy =
        Some(r#"{"Statement":[{"Effect":"Deny","Action":"Update:*","Principal":"*","Resource":"*"}]}"#.into());
    let world = World::with(&gate, false);
    let variables = world.variables();
    assert!(variables["Summary"].contains("stack policy"), "{variables:?}");
    assert!(world.file("review.txt").contains("Update:*"));
}

#[test]
fn a_retried_stage_makes_a_new_review_beside_the_first() {
    let world = World::new();
    let first = world.variables();
    retry(&world);
    let second = world.variables();
    assert_eq!(first["Digest"], second["Digest"]);
    assert!(second["Link"].contains("/2/review.html"));
    assert_eq!(world.topics.published().len(), 2);
}
