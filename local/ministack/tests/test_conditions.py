import unittest

from ministack.core import iam_actions, iam_evaluator, lambda_runtime
from ministack.core.responses import request_scope
from ministack.services import lambda_svc

import conditions

CHANGE_SET = "arn:aws:cloudformation:eu-west-1:000000000000:changeSet/cg-1/2"


class Conditions(unittest.TestCase):
    def setUp(self):
        scope = request_scope("000000000000", "eu-west-1")
        scope.__enter__()
        self.addCleanup(scope.__exit__, None, None, None)
        for module, name in [
            (iam_actions, "request_tag_context"), (iam_actions, "s3_service_context"),
            (iam_actions, "extract_resource_arn"), (iam_evaluator, "_resolve_condition_key"),
            (iam_evaluator, "enforce"), (lambda_runtime, "execution_credentials"), (lambda_svc, "execution_credentials"),
        ]:
            self.addCleanup(setattr, module, name, getattr(module, name))
        self.asked, self.refused = [], set()
        iam_evaluator.enforce = self.enforce
        conditions.install()

    def enforce(self, key, action, service, region, resource_arn="*", service_context=None):
        self.asked.append(resource_arn)
        return "refused" if resource_arn in self.refused else None

    def call(self, action, **params):
        params = {name: [value] for name, value in params.items()}
        resource = iam_actions.extract_resource_arn(
            "cloudformation", "POST", "/", {}, b"", params, "eu-west-1", "000000000000"
        )
        return iam_evaluator.enforce("key", f"cloudformation:{action}", "cloudformation", "eu-west-1", resource_arn=resource)

    def test_a_call_about_a_change_set_is_asked_for_its_stack_and_for_itself(self):
        stack = "arn:aws:cloudformation:eu-west-1:000000000000:stack/shop/*"
        self.assertIsNone(self.call("ExecuteChangeSet", StackName="shop", ChangeSetName=CHANGE_SET))
        self.assertEqual(self.asked, [stack, CHANGE_SET])
        for refused in (stack, CHANGE_SET):
            self.refused = {refused}
            self.assertEqual(self.call("ExecuteChangeSet", StackName="shop", ChangeSetName=CHANGE_SET), "refused")

    def test_a_call_about_a_stack_is_asked_once(self):
        self.call("DescribeStacks", StackName="shop")
        self.call("CreateChangeSet", StackName="shop", ChangeSetName="cg-1")
        self.assertEqual(len(self.asked), 2)


if __name__ == "__main__":
    unittest.main()
