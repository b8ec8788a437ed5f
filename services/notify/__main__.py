"""`python -m services.notify api|worker|all|migrate`."""

import sys

from services.notify.app import SERVICE
from shared.service import run

if __name__ == "__main__":
    sys.exit(run(SERVICE, sys.argv[1:]))
