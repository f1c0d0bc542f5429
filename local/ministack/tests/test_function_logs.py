import os
import pathlib
import queue
import tempfile
import unittest
from unittest import mock

import function_logs
import mail


class Files(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.path = pathlib.Path(directory.name)
        patch = mock.patch.dict(os.environ, {"FUNCTION_LOGS": directory.name, "MAIL": directory.name})
        patch.start()
        self.addCleanup(patch.stop)

    def test_a_line_is_handed_on_and_written_at_once(self):
        lines = queue.Queue()
        function_logs.Tee(lines, "sync").put_nowait("hello")
        self.assertEqual(lines.get_nowait(), "hello")
        self.assertEqual((self.path / "sync.log").read_text(), "hello\n")

    def test_a_line_that_is_offered_twice_is_written_once(self):
        lines = queue.Queue(maxsize=1)
        tee = function_logs.Tee(lines, "sync")
        tee.put_nowait("one")
        with self.assertRaises(queue.Full):
            tee.put_nowait("two")
        tee.get_nowait()
        tee.put_nowait("two")
        self.assertEqual((self.path / "sync.log").read_text(), "one\ntwo\n")

    def test_mail_is_a_file_with_its_recipient_and_subject(self):
        mail.write("reviewers@example.com", "arn:topic", "Review", "text")
        letter = next(self.path.glob("*.txt")).read_text()
        self.assertIn("To: reviewers@example.com", letter)
        self.assertIn("Subject: Review", letter)
        self.assertTrue(letter.endswith("text\n"))


if __name__ == "__main__":
    unittest.main()
