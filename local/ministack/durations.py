"""How long each invocation took, told apart as Lambda's own report does: the start of the process, if there was one,
and the time from the event in the function's hands to its answer.
"""

import time

from ministack.core import lambda_runtime

BEGUN: dict[str, "Times"] = {}


class Times:
    """When the event was handed over, when the answer came, and how long the process took to start: seconds."""

    def __init__(self) -> None:
        self.handed_over, self.answered, self.start = time.time(), None, None

    def took(self) -> float:
        return (self.answered or time.time()) - self.handed_over


def install() -> None:
    worker = lambda_runtime.ProvidedWorker
    invoke, spawn, record = worker.invoke, worker._spawn, worker._record_result

    def timed_invoke(self, event, request_id, **named):
        self.times = BEGUN[request_id] = Times()
        return invoke(self, event, request_id, **named)

    def timed_spawn(self, *arguments, **named):
        begin = time.time()
        spawn(self, *arguments, **named)
        times = getattr(self, "times", None)
        if times is not None:
            times.handed_over = time.time()
            times.start = times.handed_over - begin

    def timed_record(self, generation, request_id, kind, payload):
        at = time.time()
        times = BEGUN.get(request_id)
        if times is not None and times.answered is None:
            times.answered = at
        return record(self, generation, request_id, kind, payload)

    worker.invoke, worker._spawn, worker._record_result = timed_invoke, timed_spawn, timed_record


def told(request_id: str, how: str) -> str:
    """One line about an invocation that is over: when it was handed over, how it ended, how long it took."""
    times = BEGUN.pop(request_id, None)
    if times is None:
        return f"-- invocation {request_id} was not made"
    whole, part = divmod(times.handed_over, 1)
    at = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(whole)) + f".{int(part * 1000):03}Z"
    start = "" if times.start is None else f" and a start of {times.start * 1000:.1f} ms"
    return f"-- invocation {request_id} of {at} {how} after {times.took() * 1000:.1f} ms{start}"
