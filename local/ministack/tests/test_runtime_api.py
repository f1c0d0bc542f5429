import queue
import unittest
from unittest import mock

from ministack.core import lambda_runtime

import runtime_api


class RuntimeApi(unittest.TestCase):
    def test_every_answer_leaves_at_once(self):
        built = lambda_runtime.ProvidedWorker._build_handler_class
        with mock.patch.object(lambda_runtime.ProvidedWorker, "_build_handler_class", built):
            runtime_api.install()
            worker = lambda_runtime.ProvidedWorker("sync", {}, b"")
            handler = worker._build_handler_class(1, queue.Queue())
        self.assertTrue(handler.disable_nagle_algorithm)


if __name__ == "__main__":
    unittest.main()
