"""A function's package is ready before its first invocation, as on AWS, where a function is `Pending` until it is:
<https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html>.

MiniStack unpacks it with the first invocation, and hashes all of it again for every process.
"""

import os
import threading

from ministack.services import lambda_svc

import properties

# By identity; each package is kept beside its folder, so that no other can come to have the same.
FOLDERS: dict[int, tuple[bytes, str]] = {}
# One at a time: whoever invokes a function while its package is unpacked waits for that, and all together take no longer.
UNPACKING = threading.Lock()


def install() -> None:
    unpack = lambda_svc._provided_runtime_code_dir

    def unpack_once(package: bytes) -> str:
        with UNPACKING:
            known, folder = FOLDERS.get(id(package), (None, ""))
            if known is not package or not os.path.isdir(folder):
                folder = unpack(package)
                FOLDERS[id(package)] = (package, folder)
            return folder

    lambda_svc._provided_runtime_code_dir = unpack_once
    properties.after("AWS::Lambda::Function", make_ready)


def make_ready(name: str, _: dict) -> None:
    """Unpacks the package of a function that was just made or changed, without holding up whoever made it."""
    function = lambda_svc._functions[name]
    package = function.get("code_zip")
    if package and function["config"].get("Runtime", "").startswith("provided"):
        unpack = lambda_svc._provided_runtime_code_dir
        threading.Thread(target=unpack, args=(package,), daemon=True, name=f"package-of-{name}").start()
