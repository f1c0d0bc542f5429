"""Template URLs as CloudFormation takes them: one version of an object, virtual hosts, escaped keys."""

from urllib.parse import parse_qs, unquote, urlparse

import ministack.services.cloudformation.helpers as helpers
from ministack.services import lambda_svc


def install() -> None:
    plain = helpers._resolve_document

    def resolve(parameters, body_key, url_key, label):
        url = parameters.get(url_key, [""])[0]
        if not url or parameters.get(body_key, [""])[0]:
            return plain(parameters, body_key, url_key, label)
        bucket, key, version = object_of(url)
        if version is None:
            return plain({**parameters, url_key: [f"http://s3/{bucket}/{key}"]}, body_key, url_key, label)
        # This reads one version of any object; MiniStack uses it for code.
        body = lambda_svc._fetch_code_from_s3(bucket, key, version_id=version)
        if body is None:
            return None, helpers._error("ValidationError", f"S3 error: The specified version does not exist. {url}")
        return body.decode(), None

    helpers._resolve_document = resolve


def object_of(url: str) -> tuple[str, str, str | None]:
    """Bucket, key and version that a URL of S3 names."""
    parsed = urlparse(url)
    host, path = parsed.hostname or "", unquote(parsed.path).lstrip("/")
    version = (parse_qs(parsed.query).get("versionId") or [None])[0]
    for separator in (".s3.", ".s3-"):
        if separator in host:
            return host.split(separator)[0], path, version
    bucket, _, key = path.partition("/")
    return bucket, key, version
