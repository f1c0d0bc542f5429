import base64
import gzip
import unittest

import url_bodies
from ministack.services import lambda_svc


class Bodies(unittest.TestCase):
    def setUp(self):
        self.addCleanup(setattr, lambda_svc, "_build_function_url_event", lambda_svc._build_function_url_event)
        url_bodies.install()

    def event(self, body: bytes) -> dict:
        headers = {"content-type": "application/json"}
        return lambda_svc._build_function_url_event("u", "0", "eu-west-1", "POST", "/", headers, body, {})

    def test_every_byte_arrives(self):
        for body in [b'{"a": "\xff"}', gzip.compress(b"{}"), b"\x00\x80"]:
            event = self.event(body)
            self.assertTrue(event["isBase64Encoded"])
            self.assertEqual(base64.b64decode(event["body"]), body)

    def test_text_stays_text(self):
        event = self.event('{"a": "ä"}'.encode())
        self.assertFalse(event["isBase64Encoded"])
        self.assertEqual(event["body"], '{"a": "ä"}')
