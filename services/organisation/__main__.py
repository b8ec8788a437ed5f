"""`python -m services.organisation api|worker|all|migrate`, and the operator's `register import|status`."""

import sys

from services.organisation.app import SERVICE
from shared.service import run

if __name__ == "__main__":
    if sys.argv[1:2] == ["register"]:
        from services.organisation.register.commands import main

        sys.exit(main(sys.argv[2:]))
    sys.exit(run(SERVICE, sys.argv[1:]))
