"""The fuzzing of tests/test_fuzz.py with 10,000 examples for each form, read and stored: hours on
two cores. `--examples 500` for less.
"""

import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def main():
    """Run it, print one line per form and one in all; 1 on a failure."""
    examples = sys.argv[sys.argv.index("--examples") + 1] if "--examples" in sys.argv else "10000"
    profile = (
        f"import hypothesis as h; h.settings.register_profile('soak', max_examples={int(examples)},"
        " deadline=None)"
    )
    start = time.monotonic()
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            f"{profile}; import pytest, sys; sys.exit(pytest.main(sys.argv[1:]))",
            "-v",
            "-n",
            "0",
            "--tb=short",
            "--hypothesis-profile=soak",
            "tests/test_fuzz.py",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    lines = done.stdout.splitlines()
    print(
        "\n".join(line for line in lines if " PASSED" in line or " FAILED" in line)
        if done.returncode == 0
        else done.stdout[-20_000:]
    )
    print(
        f"fuzz: {examples} examples for each form,"
        f" {'0 errors, 0 wrong rows' if done.returncode == 0 else 'FAILED'},"
        f" {time.monotonic() - start:.0f} s"
    )
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
