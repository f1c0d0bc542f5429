import unittest
from unittest import mock

import ministack.services.cloudformation.provisioners as provisioners
from ministack.core.responses import request_scope
from ministack.services import cloudformation, iam, s3

import change_sets
import object_ranges
import properties
import replacement


class Properties(unittest.TestCase):
    def setUp(self):
        scope = request_scope("000000000000", "eu-west-1")
        scope.__enter__()
        self.addCleanup(scope.__exit__, None, None, None)

    def test_a_role_keeps_its_boundary(self):
        iam._roles["r"] = {"RoleName": "r"}
        properties.keep_boundary("r", {"PermissionsBoundary": "arn:b"})
        self.assertEqual(iam._roles["r"]["PermissionsBoundary"], "arn:b")
        properties.keep_boundary("r", {})
        self.assertIsNone(iam._roles["r"]["PermissionsBoundary"])

    def test_a_bucket_with_objects_is_not_deleted(self):
        s3._buckets["full"] = {"objects": {"k": {}}}
        with self.assertRaisesRegex(ValueError, "not empty"):
            properties.refuse_full_bucket("full", {})
        s3._buckets["empty"] = {"objects": {}}
        properties.refuse_full_bucket("empty", {})


class ObjectRanges(unittest.TestCase):
    def get(self, asked, version=True):
        whole = lambda *_: (200, {"ETag": "e", "x-amz-checksum-crc32": "c"}, b"0123456789")
        query = {"versionId": ["v1"]} if version else {}
        return object_ranges.with_ranges(whole)("bucket", "key", {"range": asked} if asked else {}, query)

    def test_a_range_of_a_version_is_cut_out(self):
        status, headers, body = self.get("bytes=2-4")
        self.assertEqual((status, body, headers["Content-Range"]), (206, b"234", "bytes 2-4/10"))
        self.assertNotIn("x-amz-checksum-crc32", headers)
        self.assertEqual(self.get("bytes=8-20")[2], b"89")

    def test_a_range_behind_the_end_cannot_be_satisfied(self):
        self.assertEqual(self.get("bytes=10-11")[0], 416)

    def test_other_requests_are_left_alone(self):
        self.assertEqual(self.get("")[2], b"0123456789")
        self.assertEqual(self.get("bytes=2-4", version=False)[2], b"0123456789")


class ChangeSets(unittest.TestCase):
    def test_stacks_that_rest_badly_or_are_busy_take_no_update(self):
        for status in ("ROLLBACK_COMPLETE", "UPDATE_IN_PROGRESS", "UPDATE_ROLLBACK_FAILED"):
            self.assertFalse(change_sets.is_updatable(status), status)
        for status in ("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"):
            self.assertTrue(change_sets.is_updatable(status), status)

    def test_secret_parameters_are_masked(self):
        change_set = {
            "Parameters": [{"ParameterKey": "a", "ParameterValue": "x"}, {"ParameterKey": "b", "ParameterValue": "y"}],
            "_resolved_params": {"a": {"NoEcho": True}, "b": {}},
        }
        change_sets.mask_parameters(change_set)
        self.assertEqual([each["ParameterValue"] for each in change_set["Parameters"]], ["****", "y"])

    def test_a_stack_is_found_by_name_when_its_arn_is_given(self):
        asked = change_sets.by_name(lambda parameters: parameters["StackName"][0])
        self.assertEqual(asked({"StackName": ["arn:aws:cloudformation:r:1:stack/web/uuid"]}), "web")
        self.assertEqual(asked({"StackName": ["web"]}), "web")

    def test_a_resource_whose_condition_is_false_stays_out_of_a_difference(self):
        template = {
            "Parameters": {"Size": {"Type": "String"}},
            "Conditions": {"IsLarge": {"Fn::Equals": [{"Ref": "Size"}, "large"]}},
        }
        resources = {"Always": {}, "Sometimes": {"Condition": "IsLarge"}}
        shown = lambda size: sorted(change_sets.with_true_conditions(resources, template, {"Size": {"Value": size}}))
        self.assertEqual(shown("small"), ["Always"])
        self.assertEqual(shown("large"), ["Always", "Sometimes"])

    def test_a_change_of_outputs_alone_is_a_change(self):
        empty = lambda: {
            "Status": "FAILED", "StatusReason": "The submitted information didn't contain changes.",
            "_template": {"Outputs": {"A": {"Value": "new"}}},
        }
        changed = empty()
        change_sets.count_outputs(changed, {"_template": {"Outputs": {"A": {"Value": "old"}}}})
        self.assertEqual((changed["Status"], changed["ExecutionStatus"]), ("CREATE_COMPLETE", "AVAILABLE"))
        same = empty()
        change_sets.count_outputs(same, {"_template": {"Outputs": {"A": {"Value": "new"}}}})
        self.assertEqual(same["Status"], "FAILED")

    def test_a_second_change_set_of_a_stack_under_review_keeps_the_stacks_id(self):
        held = {"StackName": "web", "StackId": "arn:held"}
        anew = {"StackName": "web", "StackId": "arn:anew"}
        with mock.patch.dict(cloudformation._stacks, {"web": anew}):
            response = change_sets.keep_stack_id(held, ["event"], (200, {}, b"<StackId>arn:anew</StackId>"))
            self.assertIs(cloudformation._stacks["web"], held)
            self.assertEqual(cloudformation._stack_events.pop("arn:held"), ["event"])
        self.assertEqual(response[2], b"<StackId>arn:held</StackId>")


class Names(unittest.TestCase):
    def test_a_role_whose_name_is_taken_is_not_made(self):
        made = []
        handlers = {"AWS::IAM::Role": {"create": lambda *arguments: made.append(arguments)}}
        with mock.patch.object(properties, "HANDLERS", handlers):
            properties._refuse_taken("AWS::IAM::Role", "RoleName", lambda name: name == "taken", "{} already exists.")
            create = handlers["AWS::IAM::Role"]["create"]
            create("Role", {"RoleName": "free"}, "web")
            with self.assertRaisesRegex(ValueError, "taken already exists"):
                create("Role", {"RoleName": "taken"}, "web")
        self.assertEqual(len(made), 1)

    def test_a_property_that_replaces_a_resource_is_known(self):
        with mock.patch.dict(provisioners._REPLACING_PROPERTIES):
            replacement.install()
            self.assertEqual(provisioners._REPLACING_PROPERTIES["AWS::CodePipeline::Pipeline"], ("Name",))


if __name__ == "__main__":
    unittest.main()
