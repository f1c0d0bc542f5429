import unittest

import template_urls


class TemplateUrls(unittest.TestCase):
    def test_a_virtual_host_names_the_bucket(self):
        url = "https://bucket.s3.eu-west-1.amazonaws.com/a%20b/c.yaml?versionId=7"
        self.assertEqual(template_urls.object_of(url), ("bucket", "a b/c.yaml", "7"))

    def test_a_path_names_the_bucket(self):
        self.assertEqual(template_urls.object_of("http://127.0.0.1:4566/bucket/a/b"), ("bucket", "a/b", None))


if __name__ == "__main__":
    unittest.main()
