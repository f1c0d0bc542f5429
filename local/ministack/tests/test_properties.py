import unittest

from ministack.core.responses import request_scope
from ministack.services import iam, s3

import change_sets
import object_ranges
import properties
from ministack.services import cloudformation


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


if __name__ == "__main__":
    unittest.main()
