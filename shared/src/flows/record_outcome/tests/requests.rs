//! What an ordinary run costs: exactly these requests, so that one more is noticed.

use super::world::World;

#[test]
fn the_record_of_an_executed_run_costs_these_requests() {
    let world = World::executed();
    let before = world.wire.count();
    world.announce("SUCCEEDED");
    // The end is announced twice, and told once.
    assert_eq!(
        world.wire.tally(before),
        [
            "2 codepipeline:GetPipelineExecution",
            "2 codepipeline:ListActionExecutions",
            "2 codepipeline:ListPipelineExecutions",
            "16 s3:GetObject",
            "2 cloudformation:DescribeStacks",
            "4 s3:HeadObject",
            "2 cloudformation:DescribeStackEvents",
            "2 cloudformation:ListChangeSets",
            "1 GET /repositories/{id}",
            "1 POST /repositories/{id}/statuses/{sha}",
            "1 POST /repositories/{id}/issues/{number}/comments",
            "1 sns:Publish",
            "1 s3:PutObject",
            "2 s3:ListObjectsV2",
        ]
    );
}
