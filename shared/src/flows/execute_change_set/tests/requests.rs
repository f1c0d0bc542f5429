//! What an ordinary run costs: exactly these requests, so that one more is noticed.

use super::steps::*;
use super::world::*;

#[test]
fn an_execution_costs_these_requests() {
    let world = World::new(&Setup {
        is_numbered: true,
        ..Setup::default()
    });
    let before = world.wire.count();
    let (token, ..) = waits(world.step(None));
    assert_eq!(
        world.wire.tally(before),
        [
            "1 codepipeline:ListActionExecutions",
            "5 s3:GetObject",
            "1 cloudformation:DescribeStackResource",
            "2 cloudformation:DescribeChangeSet",
            "1 codepipeline:GetPipelineExecution",
            "2 s3:HeadObject",
            "2 cloudformation:GetTemplate",
            "1 cloudformation:DescribeStacks",
            "1 cloudformation:GetStackPolicy",
            "1 s3:PutObject",
            "1 cloudformation:ExecuteChangeSet",
        ]
    );

    world.finish(true);
    let before = world.wire.count();
    variables(world.step(Some(&token)));
    assert_eq!(
        world.wire.tally(before),
        [
            "1 codepipeline:ListActionExecutions",
            "5 s3:GetObject",
            "1 cloudformation:DescribeStackResource",
            "1 cloudformation:DescribeChangeSet",
            "1 cloudformation:DescribeStacks",
            "1 cloudformation:DescribeStackEvents",
            "1 s3:PutObject",
        ]
    );
}
