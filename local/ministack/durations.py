"""How long each invocation took, told apart as Lambda's own report does: the start of the process, if there was one,
and the time from the event in the function's hands to its answer, and how much of it the process itself was working.
"""

import pathlib
import time

from ministack.core import lambda_runtime
from ministack.services import lambda_svc

BEGUN: dict[str, "Times"] = {}


class Times:
    """When the event was handed over, when the answer came, and how long the process took to start: seconds."""

    def __init__(self, worked: float | None) -> None:
        self.handed_over, self.answered, self.start = time.time(), None, None
        self.worked_before, self.worked = worked, None

    def took(self) -> float:
        return (self.answered or time.time()) - self.handed_over

    def working(self) -> float | None:
        """Processor time between the two, where the system tells it."""
        if self.worked is None or self.worked_before is None:
            return None
        return self.worked - self.worked_before


def install() -> None:
    worker = lambda_runtime.ProvidedWorker
    invoke, spawn, record = worker.invoke, worker._spawn, worker._record_result

    def timed_invoke(self, event, request_id, **named):
        self.times = BEGUN[request_id] = Times(worked(self._proc))
        return invoke(self, event, request_id, **named)

    def timed_spawn(self, *arguments, **named):
        # What a new function waits for before its first start is its deployment.
        lambda_svc._provided_runtime_code_dir(self.code_zip)
        begin = time.time()
        spawn(self, *arguments, **named)
        times = getattr(self, "times", None)
        if times is not None:
            times.handed_over = time.time()
            times.start = times.handed_over - begin
            times.worked_before = worked(self._proc)

    def timed_record(self, generation, request_id, kind, payload):
        at = time.time()
        times = BEGUN.get(request_id)
        if times is not None and times.answered is None:
            times.answered, times.worked = at, worked(self._proc)
        return record(self, generation, request_id, kind, payload)

    worker.invoke, worker._spawn, worker._record_result = timed_invoke, timed_spawn, timed_record


def worked(process) -> float | None:
    """Processor time of a process so far, in seconds: <https://docs.kernel.org/scheduler/sched-stats.html>."""
    if process is None:
        return None
    try:
        threads = list(pathlib.Path(f"/proc/{process.pid}/task").iterdir())
        return sum(int((thread / "schedstat").read_text().split()[0]) for thread in threads) / 1e9
    except (OSError, ValueError, IndexError):
        return None


def told(request_id: str, how: str) -> str:
    """One line about an invocation that is over: when it was handed over, how it ended, how long it took."""
    times = BEGUN.pop(request_id, None)
    if times is None:
        return f"-- invocation {request_id} was not made"
    whole, part = divmod(times.handed_over, 1)
    at = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(whole)) + f".{int(part * 1000):03}Z"
    working = times.working()
    working = "" if working is None else f" with {working * 1000:.1f} ms of work"
    start = "" if times.start is None else f" and a start of {times.start * 1000:.1f} ms"
    return f"-- invocation {request_id} of {at} {how} after {times.took() * 1000:.1f} ms{working}{start}"
