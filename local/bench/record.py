"""Stands between a function and the services, and writes down what passes.

`cargo local demo --record FOLDER` packages this file as the function's `bootstrap`, with the function beside it.
Each invocation becomes one file: the function's settings, the event, and every request with its answer, in order.
`cargo local bench functions` plays such files back; those that it plays are in `recorded/`.
Secrets and credentials in them were made for one run of the emulator and are worth nothing anywhere else.
"""

import base64
import http.client
import http.server
import json
import os
import pathlib
import subprocess
import sys
import threading
import urllib.parse

HERE = pathlib.Path(__file__).resolve().parent
FOLDER = pathlib.Path((HERE / "folder").read_text())
PASSING = {"connection", "date", "server", "transfer-encoding", "x-amz-id-2", "x-amz-request-id", "x-amzn-requestid"}
SECRET = "secretsmanager.GetSecretValue"
lock = threading.Lock()
exchanges = []
secrets = []
events = {}


def handler(upstream, note):
    """A proxy to `upstream` that tells `note` of every exchange."""

    class Proxy(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def pass_on(self):
            length = int(self.headers.get("content-length") or 0)
            body = self.rfile.read(length)
            connection = http.client.HTTPConnection(upstream.hostname, upstream.port)
            connection.request(self.command, self.path, body, dict(self.headers))
            answer = connection.getresponse()
            answered = answer.read()
            connection.close()
            note(self.command, self.path, dict(self.headers), body, answer, answered)
            self.send_response_only(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in ("transfer-encoding", "connection", "content-length"):
                    self.send_header(name, value)
            declared = answer.getheader("content-length") if self.command == "HEAD" else None
            self.send_header("content-length", declared or str(len(answered)))
            self.end_headers()
            self.wfile.write(answered)

        do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = do_PATCH = pass_on

        def log_message(self, *_):
            pass

    return Proxy


def kept(method, headers):
    """What an answer says in its headers, without what only concerns this one connection."""
    left_out = PASSING if method == "HEAD" else PASSING | {"content-length"}
    return {name.lower(): value for name, value in headers if name.lower() not in left_out}


def text(body):
    """A body as text, or as base64 where it is none."""
    try:
        return {"text": body.decode()}
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(body).decode()}


def of_service(method, path, headers, body, answer, answered):
    lower = {name.lower(): value for name, value in headers.items()}
    form = lower.get("content-type", "").startswith("application/x-www-form-urlencoded")
    action = urllib.parse.parse_qs(body.decode()).get("Action", [""])[0] if form else ""
    exchange = {
        "method": method,
        "path": path,
        "operation": lower.get("x-amz-target", "") or action,
        "status": answer.status,
        "headers": kept(method, answer.getheaders()),
        **text(answered),
    }
    with lock:
        # A process reads its secrets once: its later invocations need them played back to a process that is new.
        if exchange["operation"] == SECRET:
            secrets.append(exchange | {"once": True})
        else:
            exchanges.append(exchange)


def of_runtime(_method, path, _headers, _body, answer, answered):
    if path.endswith("/next"):
        events[answer.getheader("lambda-runtime-aws-request-id")] = json.loads(answered)
        with lock:
            exchanges.clear()
    elif path.endswith("/response"):
        request_id = path.split("/")[-2]
        FOLDER.mkdir(parents=True, exist_ok=True)
        name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        count = len(list(FOLDER.glob(f"{name}.*.json")))
        with lock:
            recording = {
                "variables": settings(),
                "event": events.pop(request_id),
                "exchanges": secrets + exchanges,
            }
        (FOLDER / f"{name}.{count:03}.json").write_text(json.dumps(recording, indent=1, ensure_ascii=False) + "\n")


def settings():
    """The function's own variables, with the place of the services left open."""
    places = {os.environ["AWS_ENDPOINT_URL"]}
    if "CHANGEGATE_GITHUB_API_URL" in os.environ:
        github = urllib.parse.urlsplit(os.environ["CHANGEGATE_GITHUB_API_URL"])
        places.add(f"{github.scheme}://{github.netloc}")
    found = {name: value for name, value in os.environ.items() if name.startswith("CHANGEGATE_")}
    for place in places:
        found = {name: value.replace(place, "{endpoint}") for name, value in found.items()}
    return found


def serve(variable, note):
    """Puts a proxy in front of the service that `variable` names."""
    value = os.environ[variable]
    upstream = urllib.parse.urlsplit(value if "://" in value else f"http://{value}")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler(upstream, note))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    here = f"127.0.0.1:{server.server_port}"
    return f"http://{here}{upstream.path}" if "://" in value else here


changed = {"AWS_LAMBDA_RUNTIME_API": serve("AWS_LAMBDA_RUNTIME_API", of_runtime)}
changed["AWS_ENDPOINT_URL"] = serve("AWS_ENDPOINT_URL", of_service)
if "CHANGEGATE_GITHUB_API_URL" in os.environ:
    changed["CHANGEGATE_GITHUB_API_URL"] = serve("CHANGEGATE_GITHUB_API_URL", of_service)
sys.exit(subprocess.run([HERE / "function"], env=os.environ | changed, check=False).returncode)
