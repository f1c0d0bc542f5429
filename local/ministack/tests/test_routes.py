import json
import unittest
from unittest import mock

from ministack.core.responses import request_scope
from ministack.services import iam

import engine
import routes

ROLE = "arn:aws:iam::000000000000:role/runner"


def trust(service):
    return json.dumps({
        "Statement": [{"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}]
    })


def ask(path, body=None, query=b"", secret="s"):
    return routes.answer(path, query, json.dumps(body or {}).encode(), secret)


class Routes(unittest.TestCase):
    def setUp(self):
        patch = mock.patch.object(engine, "SECRET", "s")
        patch.start()
        self.addCleanup(patch.stop)
        with request_scope("000000000000", routes.REGION):
            iam._roles["runner"] = {
                "RoleName": "runner", "Arn": ROLE, "RoleId": "AROAX",
                "AssumeRolePolicyDocument": trust("codepipeline.amazonaws.com"),
            }

    def test_who_does_not_know_the_secret_is_refused(self):
        self.assertEqual(ask("/_local/session", secret="")[0], 403)
        self.assertEqual(ask("/_local/session", secret="x")[0], 403)
        with mock.patch.object(engine, "SECRET", ""):
            self.assertEqual(ask("/_local/session", secret="")[0], 403)

    def test_a_session_of_a_trusting_role_belongs_to_the_role(self):
        status, made = ask("/_local/session", {"role_arn": ROLE, "session_name": "job"})
        self.assertEqual(status, 200)
        self.assertEqual(made["arn"], "arn:aws:sts::000000000000:assumed-role/runner/job")
        query = f"key={made['access_key_id']}&token={made['session_token']}".encode()
        self.assertEqual(ask("/_local/principal", query=query)[1]["principal_arn"], made["arn"])

    def test_a_role_that_trusts_another_service_is_refused(self):
        with request_scope("000000000000", routes.REGION):
            iam._roles["runner"]["AssumeRolePolicyDocument"] = trust("lambda.amazonaws.com")
        self.assertEqual(ask("/_local/session", {"role_arn": ROLE, "session_name": "job"})[0], 403)

    def test_a_role_that_does_not_exist_is_told(self):
        status, answer = ask("/_local/session", {"role_arn": ROLE + "x", "session_name": "job"})
        self.assertEqual(status, 404)
        self.assertIn("there is no role", answer["error"])

    def test_a_malformed_session_policy_is_refused(self):
        status, _ = ask("/_local/session", {"role_arn": ROLE, "session_name": "job", "policy": "{"})
        self.assertEqual(status, 400)

    def test_an_unknown_route_and_a_missing_field_are_told(self):
        self.assertEqual(ask("/_local/nothing")[0], 404)
        self.assertEqual(ask("/_local/session", {})[0], 400)


if __name__ == "__main__":
    unittest.main()
