"""`python -m services.identity api|worker|all|migrate`."""

import sys

from services.identity.app import SERVICE
from shared.service import run

sys.exit(run(SERVICE, sys.argv[1:]))
