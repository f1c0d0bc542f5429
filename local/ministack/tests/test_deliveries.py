import json
import unittest
from unittest import mock

import deliveries
from ministack.services import eventbridge, lambda_svc

FUNCTION = {"config": {"FunctionName": "outcome-record", "FunctionArn": "arn:aws:lambda:eu-west-1:0:function:outcome-record"}}


class Deliveries(unittest.TestCase):
    def setUp(self):
        for module, name in [(eventbridge, "_dispatch_to_lambda"), (lambda_svc, "_route_async_failure")]:
            self.addCleanup(setattr, module, name, getattr(module, name))
        self.delivered = []
        self.routed = []
        patches = [
            mock.patch.object(lambda_svc, "_get_func_record_for_ref", self.find),
            mock.patch.object(lambda_svc, "_execution_record_for_config", lambda function, config: function),
            mock.patch.object(
                lambda_svc, "invoke_async_with_retry", lambda function, event: self.delivered.append((function, event))
            ),
            mock.patch.object(lambda_svc, "_route_async_failure", lambda *sent: self.routed.append(sent)),
            mock.patch.object(lambda_svc, "_functions", {"outcome-record": FUNCTION}),
        ]
        for patch in patches:
            patch.start()
            self.addCleanup(patch.stop)
        deliveries.install()

    def find(self, arn):
        name = arn.rsplit(":", 1)[-1]
        return (FUNCTION, FUNCTION["config"], name) if name == "outcome-record" else (None, None, name)

    def test_what_a_rule_sends_is_delivered_with_retries(self):
        eventbridge._dispatch_to_lambda("arn:aws:lambda:eu-west-1:0:function:outcome-record", json.dumps({"a": 1}))
        self.assertEqual(self.delivered, [(FUNCTION, {"a": 1})])

    def test_what_was_given_up_reaches_a_function_with_retries(self):
        arn = "arn:aws:lambda:eu-west-1:0:function:outcome-record"
        lambda_svc._route_async_failure(arn, "outcome-record", {"a": 1}, {"body": {"errorType": "T"}})
        [(_, told)] = self.delivered
        self.assertEqual(told["requestPayload"], {"a": 1})
        self.assertEqual(told["responsePayload"], {"errorType": "T"})
        self.assertEqual(told["requestContext"]["functionArn"], arn)

    def test_what_was_given_up_reaches_a_queue_as_before(self):
        arn = "arn:aws:sqs:eu-west-1:0:lost"
        lambda_svc._route_async_failure(arn, "outcome-record", {"a": 1}, {})
        self.assertEqual([sent[0] for sent in self.routed], [arn])
        self.assertEqual(self.delivered, [])

    def test_a_function_that_is_not_there_gets_nothing(self):
        deliveries.deliver("arn:aws:lambda:eu-west-1:0:function:gone", {})
        self.assertEqual(self.delivered, [])
