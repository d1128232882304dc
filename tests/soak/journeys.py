"""The five journeys through the chart in a real browser without JavaScript; `make test` walks two of them, and all five with JavaScript."""
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def main():
    """Walk them; 1 when one does not arrive."""
    start = time.monotonic()
    done = subprocess.run([sys.executable, "-m", "pytest", "-n", "0", "-p", "no:cacheprovider", "tests/browser/all_without_script.py"],
                          cwd=ROOT, capture_output=True, text=True)
    print(done.stdout[-3000:] if done.returncode else done.stdout.strip().splitlines()[-1])
    print(f"journeys without JavaScript | 5 walked, {time.monotonic() - start:.0f} s | {'ok' if done.returncode == 0 else 'FAILED'}")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
