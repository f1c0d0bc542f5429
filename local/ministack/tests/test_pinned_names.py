import unittest

import pinned_names


class PinnedNames(unittest.TestCase):
    def test_the_pinned_ministack_has_every_name(self):
        self.assertEqual(pinned_names.missing(), [])

    def test_a_missing_name_is_told_with_its_module(self):
        names = {"json": ["dumps", "nothing"], "no_such_module": ["x"], "json.decoder": ["JSONDecoder.decode"]}
        saved, pinned_names.NAMES = pinned_names.NAMES, names
        try:
            self.assertEqual(pinned_names.missing(), ["json.nothing", "no_such_module"])
        finally:
            pinned_names.NAMES = saved


if __name__ == "__main__":
    unittest.main()
