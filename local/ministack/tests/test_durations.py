import os
import unittest
from unittest import mock

from ministack.core import lambda_runtime
from ministack.services import lambda_svc

import durations


class Durations(unittest.TestCase):
    def setUp(self):
        self.now, self.is_cold, test = 1_795_459_398.25, False, self

        def invoke(worker, event, request_id):
            if test.is_cold:
                worker._spawn()
            test.now += 0.0625
            worker._record_result(1, request_id, "response", {})
            # What the emulator does afterwards is not the function's.
            test.now += 1

        def spawn(_):
            test.now += 0.125

        def unpack(_):
            test.now += 0.5

        worker = lambda_runtime.ProvidedWorker
        for patch in (
            mock.patch("durations.time.time", lambda: test.now),
            mock.patch.object(worker, "invoke", invoke),
            mock.patch.object(worker, "_spawn", spawn),
            mock.patch.object(worker, "_record_result", lambda *_: True),
            mock.patch.object(lambda_svc, "_provided_runtime_code_dir", unpack),
        ):
            patch.start()
            self.addCleanup(patch.stop)
        durations.install()
        self.worker = worker("sync", {}, b"")

    def test_a_warm_invocation_is_told_from_its_event_to_its_answer(self):
        self.worker.invoke({}, "a1")
        line = "-- invocation a1 of 2026-11-23T18:43:18.250Z ended after 62.5 ms"
        self.assertEqual(durations.told("a1", "ended"), line)

    def test_the_start_of_a_process_is_told_apart_and_no_package_is_unpacked_within_it(self):
        self.is_cold = True
        self.worker.invoke({}, "a1")
        line = "-- invocation a1 of 2026-11-23T18:43:18.875Z ended after 62.5 ms and a start of 125.0 ms"
        self.assertEqual(durations.told("a1", "ended"), line)
        self.is_cold = False
        self.worker.invoke({}, "a2")
        self.assertTrue(durations.told("a2", "ended").endswith("ended after 62.5 ms"))

    def test_the_work_of_the_process_is_told_where_the_system_knows_it(self):
        readings = iter([1.5, 1.515])
        with mock.patch("durations.worked", lambda _: next(readings)):
            self.worker.invoke({}, "a1")
        self.assertTrue(durations.told("a1", "ended").endswith("after 62.5 ms with 15.0 ms of work"))

    def test_a_process_that_runs_has_worked_and_one_that_is_gone_has_not(self):
        here, gone = mock.Mock(pid=os.getpid()), mock.Mock(pid=2**30)
        if os.path.exists("/proc/self/schedstat"):
            self.assertGreater(durations.worked(here), 0)
        self.assertIsNone(durations.worked(gone))
        self.assertIsNone(durations.worked(None))

    def test_an_invocation_that_was_refused_is_told_without_times(self):
        self.assertEqual(durations.told("a3", "ended with an error"), "-- invocation a3 was not made")


if __name__ == "__main__":
    unittest.main()
