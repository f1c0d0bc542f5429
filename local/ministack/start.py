"""Starts MiniStack for Changegate, on loopback.

MiniStack is run unchanged but for the parts installed below: each closes one gap between the emulator and AWS that
Changegate's functions would notice. Every part is one module with one `install()`.
"""

import os
import sys

import pinned_names


def main() -> None:
    missing = pinned_names.missing()
    if missing:
        sys.exit(
            "this MiniStack lacks what the start script patches: "
            + ", ".join(missing)
            + "; install the version that local/ministack/requirements.txt pins"
        )

    import change_sets
    import collector
    import conditions
    import deliveries
    import durations
    import front
    import function_logs
    import lifeline
    import mail
    import object_ranges
    import packages
    import pipelines
    import properties
    import protocols
    import replacement
    import rough
    import runtime_api
    import server
    import service_role
    import simulation
    import stand_ins
    import template_urls
    import url_bodies

    for part in (
        replacement,
        properties,
        stand_ins,
        object_ranges,
        packages,
        template_urls,
        change_sets,
        conditions,
        service_role,
        pipelines,
        simulation,
        durations,
        deliveries,
        url_bodies,
        function_logs,
        runtime_api,
        mail,
        front,
        protocols,
        rough,
        collector,
        server,
    ):
        part.install()

    import ministack.app

    lifeline.watch(sys.stdin.fileno(), os.getpid())
    try:
        ministack.app.main()
    finally:
        lifeline.end_children(os.getpid())


if __name__ == "__main__":
    main()
