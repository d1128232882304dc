"""Every journey with and without JavaScript, every page and state under axe; `make test` leaves out
those marked `long`.
"""

import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def main():
    """Run them all; 1 when one fails."""
    start = time.monotonic()
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-p",
            "no:cacheprovider",
            "-m",
            "long or not long",
            "tests/browser",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    told = done.stdout.strip().splitlines()
    print("\n".join(told[-40:]) if done.returncode else "")
    print(
        f"every browser test, the long ones included | {told[-1]}, {time.monotonic() - start:.0f} s"
        f" | {'ok' if done.returncode == 0 else 'FAILED'}"
    )
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
