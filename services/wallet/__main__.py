"""`python -m services.wallet api|worker|all|migrate`."""

import sys

from services.wallet.app import SERVICE
from shared.service import run

if __name__ == "__main__":
    sys.exit(run(SERVICE, sys.argv[1:]))
