"""`python -m services.gateway api|worker|all|migrate`, and the operator's `model rebuild`."""

import sys

from services.gateway.app import SERVICE
from shared.service import run

if __name__ == "__main__":
    if sys.argv[1:2] == ["model"]:
        from services.gateway.model.commands import main

        sys.exit(main(SERVICE, sys.argv[2:]))
    sys.exit(run(SERVICE, sys.argv[1:]))
