import unittest

import rough

FUNCTION = "ASIA0123456789ABCDEF"


def headers(service, key=FUNCTION, **more):
    signed = f"AWS4-HMAC-SHA256 Credential={key}/20261201/eu-west-1/{service}/aws4_request, SignedHeaders=host, Signature=0"
    return {"authorization": signed, **more}


class Roughness(unittest.TestCase):
    def setUp(self):
        rough.KEYS.add(FUNCTION)
        self.addCleanup(rough.KEYS.discard, FUNCTION)

    def statuses(self, seed, service, count=600, method="POST", **more):
        world = rough.Rough(seed)
        refusals = [world.refusal(method, headers(service, **more)) for _ in range(count)]
        return [refusal and refusal[0] for refusal in refusals]

    def test_a_seed_repeats_its_throttles_and_another_one_has_others(self):
        self.assertEqual(self.statuses("7", "cloudformation"), self.statuses("7", "cloudformation"))
        self.assertNotEqual(self.statuses("7", "cloudformation"), self.statuses("8", "cloudformation"))

    def test_each_service_throttles_in_its_own_words(self):
        for service, more, status, code in (
            ("s3", {}, 503, b"SlowDown"),
            ("cloudformation", {}, 400, b"<Code>Throttling</Code>"),
            ("sqs", {"x-amz-target": "AmazonSQS.SendMessage"}, 400, b"ThrottlingException"),
            ("lambda", {}, 429, b"Rate exceeded"),
        ):
            refused, _, _, body = rough.throttle(service, {**headers(service), **more})
            self.assertEqual(refused, status, service)
            self.assertIn(code, body)

    def test_a_conditional_write_may_meet_another_one(self):
        raced = self.statuses("1", "s3", method="PUT", **{"if-none-match": "*"})
        self.assertGreater(raced.count(409), 50)
        self.assertGreater(raced.count(None), 300)
        self.assertEqual(self.statuses("1", "s3", method="PUT").count(409), 0)

    def test_only_functions_meet_it_and_codepipeline_is_the_engines(self):
        world = rough.Rough("1")
        people = [world.refusal("POST", headers("cloudformation", key="AKIAADA")) for _ in range(300)]
        self.assertEqual(set(people), {None})
        self.assertEqual(set(self.statuses("1", "codepipeline")), {None})


if __name__ == "__main__":
    unittest.main()
