import unittest
from unittest import mock

from ministack.core import responses

import protocols


class Protocols(unittest.TestCase):
    def setUp(self):
        patch = mock.patch.object(responses, "_service_model", responses._service_model)
        patch.start()
        self.addCleanup(patch.stop)

    def test_every_service_is_answered_as_before(self):
        before = responses._service_model
        cases = [
            (service, kind)
            for service in (*protocols.SERVICES, "monitoring", "nobody-knows")
            for kind in ("application/json", "application/xml", "text/xml", "text/plain")
        ]
        expected = [responses.expected_success_content_type(*case) for case in cases]
        protocols.install()
        self.assertIsNot(responses._service_model, before)
        self.assertEqual([responses.expected_success_content_type(*case) for case in cases], expected)
        self.assertIn("application/x-amz-json-1.1", expected)

    def test_nothing_is_read_again_when_a_service_answers(self):
        protocols.install()
        with mock.patch("botocore.loaders.Loader.load_service_model") as read:
            for service in protocols.SERVICES:
                self.assertIsNotNone(responses._service_model(service))
        read.assert_not_called()


if __name__ == "__main__":
    unittest.main()
