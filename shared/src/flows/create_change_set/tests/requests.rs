//! What an ordinary run costs: exactly these requests, so that one more is noticed.

use super::world::World;

#[test]
fn a_plan_of_an_existing_stack_costs_these_requests() {
    let world = World::new();
    world
        .cloudformation
        .with_stack(super::STACK, "UPDATE_COMPLETE", &super::template("old"));
    let before = world.wire.count();
    world.deliver().unwrap();
    assert_eq!(
        world.wire.tally(before),
        [
            "1 codepipeline:ListActionExecutions",
            "5 s3:GetObject",
            "1 cloudformation:DescribeStackResource",
            "2 s3:HeadObject",
            "1 codepipeline:ListPipelineExecutions",
            "2 cloudformation:DescribeStacks",
            "2 cloudformation:DescribeChangeSet",
            "1 cloudformation:ListChangeSets",
            "1 cloudformation:CreateChangeSet",
            "1 cloudformation:GetStackPolicy",
            "1 s3:PutObject",
        ]
    );
}
