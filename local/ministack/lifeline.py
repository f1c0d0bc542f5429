"""Ends the emulator when whoever started it is gone, and the functions' processes with the emulator.

The starter holds the other end of standard input; when it closes, for whatever reason, this process ends itself.
"""

import os
import pathlib
import signal
import subprocess
import threading


def watch(descriptor: int, pid: int) -> None:
    """Ends process `pid` once `descriptor` is at its end."""

    def wait() -> None:
        while os.read(descriptor, 1024):
            pass
        end_children(pid)
        os.kill(pid, signal.SIGTERM)

    threading.Thread(target=wait, daemon=True, name="lifeline").start()


def end_children(pid: int) -> None:
    """Ends the children of a process: a function that is busy would run to its end otherwise."""
    for child in children(pid):
        try:
            os.kill(child, signal.SIGKILL)
        except ProcessLookupError:
            continue


def children(pid: int) -> list[int]:
    """The children of a process, of any of its threads."""
    threads = pathlib.Path(f"/proc/{pid}/task")
    if threads.is_dir():
        found = []
        for thread in threads.iterdir():
            try:
                found += [int(child) for child in (thread / "children").read_text().split()]
            except OSError:
                continue
        return found
    listed = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=False).stdout
    pairs = [line.split() for line in listed.splitlines()]
    return [int(pair[0]) for pair in pairs if len(pair) == 2 and pair[1] == str(pid)]
