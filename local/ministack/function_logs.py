"""The functions' logs as files, one for each function, written line by line while a function runs.

CloudWatch Logs has them as well, but only after an invocation ends. The directory is in `FUNCTION_LOGS`.
"""

import os
import pathlib
import queue
import threading

from ministack.core import lambda_runtime
from ministack.services import lambda_svc

import durations

LOCK = threading.Lock()


class Tee:
    """Hands every line on to the queue and appends it to the function's file.

    The pump offers a line again when the queue was full; it is written once.
    """

    def __init__(self, inner: queue.Queue, function: str) -> None:
        self.inner, self.function = inner, function
        self.refused: str | None = None

    def put_nowait(self, line: str) -> None:
        if self.refused != line:
            append(self.function, line)
        self.refused = line
        self.inner.put_nowait(line)
        self.refused = None

    def get_nowait(self) -> str:
        return self.inner.get_nowait()


def install() -> None:
    pump = lambda_runtime.ProvidedWorker._pump_output
    emit = lambda_svc._emit_lambda_logs

    def pump_and_append(self, stream, log_queue):
        pump(self, stream, Tee(log_queue, self.func_name))

    def emit_and_append(func, request_id, log_text, error, duration_ms, **named):
        emit(func, request_id, log_text, error, duration_ms, **named)
        name = (func.get("config") or func).get("FunctionName", "unknown")
        how = "ended with an error" if error else "ended"
        append(name, durations.told(request_id, how))

    lambda_runtime.ProvidedWorker._pump_output = pump_and_append
    lambda_svc._emit_lambda_logs = emit_and_append


def append(function: str, line: str) -> None:
    directory = os.environ.get("FUNCTION_LOGS")
    if not directory:
        return
    with LOCK, (pathlib.Path(directory) / f"{function}.log").open("a", encoding="utf-8") as file:
        file.write(line + "\n")
