import json
import unittest

import front


def arn(operation, **request):
    return front.resource_arn(operation, json.dumps(request).encode(), "eu-west-1", "000000000000")


PIPELINE = "arn:aws:codepipeline:eu-west-1:000000000000:web"


class WhatIamCompares(unittest.TestCase):
    def test_an_approval_is_checked_on_its_action(self):
        found = arn("PutApprovalResult", pipelineName="web", stageName="Apply", actionName="Approve1")
        self.assertEqual(found, PIPELINE + "/Apply/Approve1")

    def test_a_retry_is_checked_on_its_stage(self):
        self.assertEqual(arn("RetryStageExecution", pipelineName="web", stageName="Apply"), PIPELINE + "/Apply")

    def test_a_start_is_checked_on_its_pipeline(self):
        self.assertEqual(arn("StartPipelineExecution", name="web"), PIPELINE)
        self.assertEqual(arn("CreatePipeline", pipeline={"name": "web"}), PIPELINE)

    def test_a_job_result_has_no_resource(self):
        self.assertEqual(arn("PutJobSuccessResult", jobId="1"), "*")
        self.assertEqual(arn("ListPipelines"), "*")

    def test_tags_are_checked_on_the_arn_that_is_named(self):
        self.assertEqual(arn("TagResource", resourceArn=PIPELINE, tags=[]), PIPELINE)

    def test_a_request_that_is_no_json_names_nothing(self):
        self.assertEqual(front.resource_arn("StartPipelineExecution", b"{", "eu-west-1", "0"), "*")


if __name__ == "__main__":
    unittest.main()
