"""Ranges of one version of an object.

MiniStack cuts a range out of the latest version only, and answers a request that names a version with all of it. S3
takes both together: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
"""

from ministack.services import s3


def install() -> None:
    s3._get_object = with_ranges(s3._get_object)


def with_ranges(get_object):
    def get(bucket_name: str, key: str, headers: dict, query_params: dict = None):
        status, answered, body = get_object(bucket_name, key, headers, query_params)
        asked = headers.get("range", "")
        if status != 200 or not asked or not (query_params or {}).get("versionId"):
            return status, answered, body
        found = s3._parse_range(asked, len(body))
        if found is None:
            unsatisfiable = {"Content-Type": "application/xml", "Content-Range": f"bytes */{len(body)}"}
            return 416, unsatisfiable, s3._xml_body(s3._range_error_xml(bucket_name, key))
        start, end = found
        # What is known of the whole, such as its checksums, is not true of a part.
        kept = {name: value for name, value in answered.items() if not name.lower().startswith("x-amz-checksum")}
        kept["Content-Length"] = str(end + 1 - start)
        kept["Content-Range"] = f"bytes {start}-{end}/{len(body)}"
        return 206, kept, body[start : end + 1]

    return get
