"""The Runtime API answers functions without delay.

An answer leaves in two parts, headers and body. Nagle's algorithm holds the second back until the first is
acknowledged, which Linux puts off for 40 milliseconds: every invocation would begin that much later.
"""

from ministack.core import lambda_runtime


def install() -> None:
    build = lambda_runtime.ProvidedWorker._build_handler_class

    def build_without_delay(self, generation, pending):
        handler = build(self, generation, pending)
        handler.disable_nagle_algorithm = True
        return handler

    lambda_runtime.ProvidedWorker._build_handler_class = build_without_delay
