//! What a review costs.

use super::*;

#[test]
fn a_review_costs_these_requests() {
    let world = World::new();
    let before = world.wire.count();
    world.variables();
    assert_eq!(
        world.wire.tally(before),
        [
            "1 codepipeline:ListActionExecutions",
            "6 s3:GetObject",
            "1 cloudformation:DescribeStackResource",
            "1 cloudformation:DescribeChangeSet",
            "3 cloudformation:GetTemplate",
            "1 cloudformation:DescribeStacks",
            "2 s3:HeadObject",
            "1 codepipeline:ListPipelineExecutions",
            "1 cloudformation:DescribeEvents",
            "6 s3:PutObject",
            "1 sns:Publish",
            "1 GET /repositories/{id}",
            "1 POST /repositories/{id}/statuses/{sha}",
            "1 POST /repositories/{id}/issues/{number}/comments",
        ]
    );
}
