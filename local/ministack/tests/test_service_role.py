import json
import unittest

from ministack.core.responses import request_scope
from ministack.services import iam

import service_role

ROLE = "arn:aws:iam::000000000000:role/changegate/deployers/deployer"


def policy(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


class ServiceRole(unittest.TestCase):
    def setUp(self):
        scope = request_scope("000000000000", "eu-west-1")
        scope.__enter__()
        self.addCleanup(scope.__exit__, None, None, None)
        queues = {"Effect": "Allow", "Action": "sqs:*", "Resource": "arn:aws:sqs:eu-west-1:000000000000:shop-*"}
        iam._roles["deployer"] = {"RoleName": "deployer", "Arn": ROLE, "AssumeRolePolicyDocument": "{}"}
        iam._roles["deployer"]["InlinePolicies"] = {"p": policy(queues)}
        iam._roles["deployer"]["AttachedPolicies"] = []

    def test_without_a_role_nothing_is_checked(self):
        service_role.check("AWS::SQS::Queue", "create", {"QueueName": "other"}, "s", "Q")

    def test_the_role_is_asked_about_the_resource_itself(self):
        with service_role.acting_as(ROLE):
            service_role.check("AWS::SQS::Queue", "create", {"QueueName": "shop-orders"}, "s", "Q")
            with self.assertRaisesRegex(ValueError, "not authorized to perform: sqs:CreateQueue"):
                service_role.check("AWS::SQS::Queue", "create", {"QueueName": "bank"}, "s", "Q")

    def test_a_nested_stack_takes_a_role_that_may_pass_itself(self):
        nested = {"Effect": "Allow", "Action": "cloudformation:*", "Resource": "*"}
        iam._roles["deployer"]["InlinePolicies"] = {"p": policy(nested)}
        with service_role.acting_as(ROLE):
            with self.assertRaisesRegex(ValueError, "not authorized to perform: iam:PassRole on resource: " + ROLE):
                service_role.check("AWS::CloudFormation::Stack", "create", {}, "shop", "Child")
            passing = {
                "Effect": "Allow", "Action": "iam:PassRole", "Resource": ROLE,
                "Condition": {"StringEquals": {"iam:PassedToService": "cloudformation.amazonaws.com"}},
            }
            iam._roles["deployer"]["InlinePolicies"] = {"p": policy(nested, passing)}
            service_role.check("AWS::CloudFormation::Stack", "create", {}, "shop", "Child")
            service_role.check("AWS::CloudFormation::Stack", "update", {}, "", physical_id="arn:aws:cloudformation:r:0:stack/shop-Child-1/2")

    def test_a_resource_without_a_name_gets_the_one_that_cloudformation_makes_up(self):
        with service_role.acting_as(ROLE):
            service_role.check("AWS::SQS::Queue", "create", {}, "shop", "Orders")
            with self.assertRaises(ValueError):
                service_role.check("AWS::SQS::Queue", "create", {}, "bank", "Orders")

    def test_a_deletion_is_checked_on_what_is_there(self):
        with service_role.acting_as(ROLE):
            url = "http://127.0.0.1:4566/000000000000/shop-orders"
            service_role.check("AWS::SQS::Queue", "delete", {}, "", physical_id=url)
            with self.assertRaises(ValueError):
                service_role.check("AWS::SQS::Queue", "delete", {}, "", physical_id=url.replace("shop", "bank"))

    def test_a_policy_is_checked_on_the_role_that_it_is_written_into(self):
        with service_role.acting_as(ROLE):
            with self.assertRaisesRegex(ValueError, f"iam:PutRolePolicy on resource: {ROLE}"):
                service_role.check("AWS::IAM::Policy", "create", {"Roles": ["deployer"]}, "s", "P")

    def test_a_bucket_policy_is_checked_on_its_bucket(self):
        with service_role.acting_as(ROLE):
            with self.assertRaisesRegex(ValueError, "s3:PutBucketPolicy on resource: arn:aws:s3:::evidence"):
                service_role.check("AWS::S3::BucketPolicy", "create", {"Bucket": "evidence"}, "s", "P")

    def test_the_role_is_forgotten_afterwards(self):
        with service_role.acting_as(ROLE):
            self.assertIn("assumed-role/deployer/AWSCloudFormation", service_role.session_arn())
        self.assertEqual(service_role.session_arn(), "")


if __name__ == "__main__":
    unittest.main()
