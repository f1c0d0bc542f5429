"""The CodePipeline engine beside the emulator: where it is, and the secret that only the two share.

Functions inherit the emulator's environment, so the secret is taken out of it as soon as it is read.
"""

import json
import os
import urllib.error
import urllib.request

URL = os.environ.pop("CODEPIPELINE_ENGINE", "http://127.0.0.1:4567")
SECRET = os.environ.pop("FRONT_SECRET", "")
HEADER = "x-changegate-front"
SECONDS = 30


def post(path: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
    """Status and body of the answer; 503 when there is none."""
    request = urllib.request.Request(URL + path, data=body, headers={**headers, HEADER: SECRET})
    try:
        with urllib.request.urlopen(request, timeout=SECONDS) as response:
            return response.status, response.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()
    except OSError as error:
        message = f"the CodePipeline engine does not answer: {error}"
        return 503, json.dumps({"__type": "ServiceUnavailableException", "message": message}).encode()
