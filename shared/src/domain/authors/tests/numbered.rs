//! Records with numbers: what touched a stack is found by what each record says was before.

use super::*;
use crate::domain::provenance::{Origin, Trace};

/// The record with this number, whose commit is `c<number>`.
fn numbered(sequence: u64) -> Provenance {
    let commit = format!("c{sequence}");
    Provenance {
        version: 2,
        trace: Some(Trace {
            sequence,
            ..Trace::default()
        }),
        ..record(&commit, Some("before"), &[])
    }
}

fn origins(files: &[(&str, u64)]) -> Vec<Origin> {
    files
        .iter()
        .map(|(path, record)| Origin::from(((*path).to_owned(), *record)))
        .collect()
}

impl Provenance {
    fn touching(mut self, before: Option<u64>) -> Self {
        let trace = self.trace.as_mut().unwrap();
        trace.stacks.entry("network".to_owned()).or_default().before = before;
        self
    }

    fn adopting(mut self, files: &[(&str, u64)]) -> Self {
        let stack = self.trace.as_mut().unwrap().stacks.entry("network".to_owned());
        stack.or_default().adopted = origins(files);
        self
    }

    fn dropping(mut self, path: &str) -> Self {
        let stack = self.trace.as_mut().unwrap().stacks.entry("network".to_owned());
        stack.or_default().dropped = vec![path.to_owned()];
        self
    }

    fn writing(mut self, path: &str, from: &[(&str, u64)]) -> Self {
        let files = &mut self.trace.as_mut().unwrap().files;
        files.insert(path.to_owned(), origins(from));
        self
    }

    fn traced(mut self, change: impl FnOnce(&mut Trace)) -> Self {
        change(self.trace.as_mut().unwrap());
        self
    }
}

/// What the records come to for a run whose sources have these numbers.
fn run(records: &[Provenance], from: &[u64], last: Option<u64>) -> (Vec<String>, Vec<Gap>) {
    let from: Vec<_> = from.iter().copied().map(RecordId::Sequence).collect();
    let range = follow(records, &from, last.map(|last| executed("executed", Some(last))));
    (shas(&range).into_iter().map(str::to_owned).collect(), range.gaps)
}

#[test]
fn only_records_since_the_last_execution_that_touched_the_stack_are_read() {
    let records = [
        numbered(1).touching(None),
        numbered(5).touching(Some(1)),
        numbered(900).touching(Some(5)),
        numbered(1_000).touching(Some(900)),
    ];
    assert_eq!(
        run(&records, &[1_000], Some(5)),
        (vec!["c1000".into(), "c900".into()], vec![])
    );
    assert_eq!(
        run(&records, &[1_000, 900], Some(900)).1.len(),
        1,
        "900 is executed already"
    );
}

#[test]
fn a_record_that_belongs_to_every_stack_belongs_to_one_that_was_there() {
    let all = |record: Provenance| record.traced(|trace| trace.all = true);
    let since = |record: Provenance, before| record.traced(|trace| trace.all_before = Some(before));
    let records = [
        all(numbered(1)),
        numbered(2).touching(None),
        since(all(numbered(3)), 1),
        since(all(numbered(4)), 3),
        since(numbered(5).touching(Some(2)), 4),
    ];
    assert_eq!(run(&records, &[5], Some(2)).0, ["c3", "c4", "c5"]);
    assert_eq!(run(&records, &[5], Some(3)).0, ["c4", "c5"]);
    assert_eq!(run(&records, &[5], None).0, ["c2", "c3", "c4", "c5"], "it began with 2");
}

#[test]
fn a_stack_that_came_while_the_catalogue_was_wrong_may_have_been_meant_since() {
    let all = |record: Provenance| record.traced(|trace| trace.all = true);
    let records = [
        all(numbered(1)),
        all(numbered(2)).traced(|trace| trace.all_before = Some(1)),
        all(numbered(3)).touching(None).traced(|trace| {
            trace.all_before = Some(2);
            trace.wrong_since = Some(2);
        }),
    ];
    assert_eq!(run(&records, &[3], None).0, ["c2", "c3"]);
}

#[test]
fn whoever_wrote_a_file_that_the_stack_begins_to_read_made_the_change() {
    let records = [
        numbered(1).writing("a", &[]),
        numbered(2).writing("b", &[("a", 1)]),
        numbered(3).writing("b", &[("b", 2)]),
        numbered(6).touching(Some(5)).adopting(&[("b", 3)]),
    ];
    assert_eq!(run(&records, &[6], Some(5)).0, ["c1", "c2", "c3", "c6"]);
}

#[test]
fn a_file_that_was_read_when_it_was_executed_is_not_new_when_it_is_read_again() {
    let records = [
        numbered(3).writing("b", &[]),
        numbered(6).touching(Some(5)).dropping("b"),
        numbered(7).writing("b", &[("b", 3)]),
        numbered(8).touching(Some(6)).adopting(&[("b", 7)]),
    ];
    assert_eq!(run(&records, &[8], Some(5)).0, ["c6", "c7", "c8"]);
}

#[test]
fn a_file_that_was_begun_to_be_read_since_then_is_new_however_often_it_was_dropped() {
    let records = [
        numbered(3).writing("b", &[]),
        numbered(6).touching(Some(5)).adopting(&[("b", 3)]),
        numbered(7).touching(Some(6)).dropping("b"),
        numbered(8).touching(Some(7)).adopting(&[("b", 3)]),
    ];
    assert_eq!(run(&records, &[8], Some(5)).0, ["c3", "c6", "c7", "c8"]);
}

#[test]
fn whatever_cannot_be_told_is_a_gap() {
    let gap = |records: &[Provenance], from: &[u64], last| run(records, from, last).1;
    let missing = |sequence| vec![Gap::NoRecord(RecordId::Sequence(sequence))];
    assert_eq!(gap(&[], &[6], Some(5)), missing(6));
    assert_eq!(gap(&[numbered(9).touching(Some(7))], &[9], Some(5)), missing(7));
    let unread = numbered(9).touching(Some(5)).adopting(&[("b", 3)]);
    assert_eq!(gap(std::slice::from_ref(&unread), &[9], Some(5)), missing(3));
    assert_eq!(
        gap(&[unread, numbered(3)], &[9], Some(5)),
        missing(3),
        "it does not tell of the file"
    );
    let unknown = numbered(9).touching(Some(5)).adopting(&[("b", 0)]);
    assert_eq!(gap(&[unknown], &[9], Some(5)), [Gap::UnknownFile("b".to_owned())]);
    let all = numbered(9).touching(Some(5)).traced(|trace| trace.all_before = Some(8));
    assert_eq!(gap(&[all], &[9], Some(5)), missing(8));
    let mut cut = numbered(9).touching(Some(5));
    cut.complete = false;
    assert_eq!(gap(&[cut], &[9], Some(5)), [Gap::NotListed("c9".to_owned())]);
    assert_eq!(
        gap(&[numbered(9)], &[9], Some(5)),
        [Gap::NotTold(RecordId::Sequence(9))]
    );
    assert_eq!(
        gap(&[numbered(4).touching(Some(1))], &[4], Some(5)),
        [Gap::NotAnAncestor("executed".to_owned())],
        "older versions were pinned"
    );
    assert_eq!(
        gap(&[numbered(9).touching(Some(9))], &[9], Some(5)),
        missing(9),
        "it bites its own tail"
    );
    assert_eq!(gap(&[numbered(9).touching(Some(0))], &[9], None), [Gap::Unnumbered]);
    // Another record than the one that was asked for.
    let mut walk = ProvenanceWalk::new("network", [RecordId::Sequence(7)], None);
    assert_eq!(walk.needed(), [RecordId::Sequence(7)]);
    walk.add(RecordId::Sequence(7), Some(numbered(8).touching(None)));
    assert!(walk.needed().is_empty());
    assert_eq!(walk.into_range().gaps, missing(7));
}

#[test]
fn the_records_that_have_no_number_come_before_all_that_have_one() {
    let old = [
        record("o1", None, &[]),
        record("o2", Some("o1"), &[]),
        record("o3", Some("o2"), &[]),
    ];
    let mut records = old.to_vec();
    records.push(
        numbered(1)
            .touching(Some(0))
            .traced(|trace| trace.unnumbered = Some("o3".to_owned())),
    );
    let range = follow(&records, &[RecordId::Sequence(1)], Some(executed("o1", None)));
    assert_eq!((shas(&range), range.gaps.len()), (vec!["c1", "o2", "o3"], 0));
    let range = follow(&records, &[RecordId::Sequence(1)], Some(executed("o3", None)));
    assert_eq!((shas(&range), range.gaps.len()), (vec!["c1"], 0));
    let range = follow(&records, &[RecordId::Sequence(1)], Some(executed("gone", None)));
    assert_eq!(range.gaps, [Gap::NotAnAncestor("gone".to_owned())]);
    let range = follow(&records, &[unnumbered("o3")], Some(executed("c1", Some(1))));
    assert!(range.gaps.contains(&Gap::NotAnAncestor("c1".to_owned())));
}

#[test]
fn more_records_than_are_read_are_a_gap() {
    let last = MAX_RECORDS as u64 + 1;
    let records: Vec<_> = (1..=last)
        .map(|sequence| numbered(sequence).touching(sequence.checked_sub(1).filter(|before| *before > 0)))
        .collect();
    assert_eq!(run(&records, &[last], None).1, [Gap::TooLong]);
    assert_eq!(run(&records, &[last], Some(1)).1, []);
}

#[test]
fn a_source_that_another_stack_was_written_for_is_told_of_by_the_other_source() {
    let records = [numbered(3), numbered(5).touching(None)];
    assert_eq!(run(&records, &[3, 5], None), (vec!["c3".into(), "c5".into()], vec![]));
}
