"""Checks the functions as they are deployed: built for arm64, and each package within its budget.

Reads `.ci/budgets.json` and what `cargo lambda build --release --arm64` left in `target/lambda/`.
"""

import json
import pathlib
import struct
import sys
import zlib

AARCH64 = 183
ROOT = pathlib.Path(__file__).resolve().parent.parent
budgets = json.loads((ROOT / ".ci/budgets.json").read_text())
functions = {path.name for path in (ROOT / "functions").iterdir() if (path / "Cargo.toml").is_file()}
refused = [f"{name}: .ci/budgets.json has no budget for it" for name in sorted(functions - budgets.keys())]
refused += [f"{name}: .ci/budgets.json has a budget, but there is no such function" for name in budgets.keys() - functions]
print(f"{'function':<22}{'bytes':>12}{'zipped':>12}{'budget':>12}")
for name in sorted(functions & budgets.keys()):
    binary = (ROOT / "target/lambda" / name / "bootstrap").read_bytes()
    machine = struct.unpack_from("<H", binary, 18)[0]
    zipped = len(zlib.compress(binary, 6))
    print(f"{name:<22}{len(binary):>12,}{zipped:>12,}{budgets[name]:>12,}")
    if machine != AARCH64:
        refused.append(f"{name}: built for the machine {machine} of the ELF standard, not for arm64 ({AARCH64})")
    if zipped > budgets[name]:
        refused.append(
            f"{name}: {zipped - budgets[name]:,} bytes over its budget; `cargo tree -e features` shows what came in. "
            "When it is worth it, raise the budget in .ci/budgets.json and say in docs/performance.md what it brings"
        )
for line in refused:
    print(line, file=sys.stderr)
sys.exit(bool(refused))
