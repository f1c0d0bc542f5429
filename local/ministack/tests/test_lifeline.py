import os
import signal
import subprocess
import sys
import unittest

import lifeline


class Lifeline(unittest.TestCase):
    def test_children_are_found_and_ended(self):
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
        try:
            self.assertIn(child.pid, lifeline.children(os.getpid()))
            lifeline.end_children(os.getpid())
            self.assertEqual(child.wait(timeout=10), -signal.SIGKILL)
        finally:
            child.kill()

    def test_a_process_ends_when_its_starter_lets_go(self):
        program = "import lifeline, os, time; lifeline.watch(0, os.getpid()); time.sleep(60)"
        child = subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, cwd=os.getcwd())
        try:
            self.assertIsNone(child.poll())
            child.stdin.close()
            self.assertEqual(child.wait(timeout=10), -signal.SIGTERM)
        finally:
            child.kill()


if __name__ == "__main__":
    unittest.main()
