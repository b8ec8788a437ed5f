"""`python -m services.recognition api|worker|all|migrate`."""

import sys

from services.recognition.app import SERVICE
from shared.service import run

if __name__ == "__main__":
    sys.exit(run(SERVICE, sys.argv[1:]))
