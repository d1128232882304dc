"""Fetches the pages of the peer whose addresses come on standard input, a line each, as a superuser
who is signed in; answers with the seconds of processor time.
"""

import os
import sys
import time

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
django.setup()

from django.contrib.auth.models import User  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.test import Client  # noqa: E402


def main():
    """Answer until standard input ends."""
    call_command("migrate", verbosity=0)
    client = Client()
    client.force_login(User.objects.create_superuser("senco"))
    for line in sys.stdin:
        start = time.process_time()
        answer = client.get(line.strip())
        took = time.process_time() - start
        if answer.status_code != 200:
            raise SystemExit(f"{line.strip()}: {answer.status_code}")
        print(took, flush=True)


if __name__ == "__main__":
    main()
