import io
import os
import tempfile
import unittest
import zipfile
from unittest import mock

from ministack.services import lambda_svc

import packages
import properties


class Packages(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        for name, value in (
            ("_PROVIDED_CODE_CACHE", directory.name),
            ("_provided_runtime_code_dir", lambda_svc._provided_runtime_code_dir),
        ):
            patch = mock.patch.object(lambda_svc, name, value)
            patch.start()
            self.addCleanup(patch.stop)
        patch = mock.patch.object(properties, "after")
        patch.start()
        self.addCleanup(patch.stop)
        self.unpack = mock.Mock(side_effect=lambda_svc._provided_runtime_code_dir)
        lambda_svc._provided_runtime_code_dir = self.unpack
        packages.install()
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as file:
            file.writestr("bootstrap", directory.name)
        self.package = archive.getvalue()

    def test_a_package_is_unpacked_once(self):
        first = lambda_svc._provided_runtime_code_dir(self.package)
        second = lambda_svc._provided_runtime_code_dir(self.package)
        self.assertEqual(first, second)
        self.assertTrue(os.path.isfile(os.path.join(first, "bootstrap")))
        self.assertEqual(self.unpack.call_count, 1)

    def test_another_package_is_unpacked_by_itself(self):
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as file:
            file.writestr("bootstrap", "another")
        first = lambda_svc._provided_runtime_code_dir(self.package)
        second = lambda_svc._provided_runtime_code_dir(archive.getvalue())
        self.assertNotEqual(first, second)

    def test_a_package_whose_folder_is_gone_is_unpacked_again(self):
        folder = lambda_svc._provided_runtime_code_dir(self.package)
        os.remove(os.path.join(folder, "bootstrap"))
        os.rmdir(folder)
        again = lambda_svc._provided_runtime_code_dir(self.package)
        self.assertTrue(os.path.isfile(os.path.join(again, "bootstrap")))


if __name__ == "__main__":
    unittest.main()
