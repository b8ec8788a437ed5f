"""`python -m tools.world`: run the outside world. `python -m tools.world make-pki DIR`: make its test authorities only.

DIR gets `roots/*.pem` and `intermediates/*.pem`; the running world keeps its own in `pki/` of its data folder.
"""

import argparse
import logging
from pathlib import Path

import uvicorn

from tools.world.app import create_app
from tools.world.pki import make_pki
from tools.world.settings import Settings


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tools.world", description="The world outside Immo-Connect.")
    commands = parser.add_subparsers(dest="command")
    maker = commands.add_parser("make-pki", help="make the test authorities in a folder, unless they are there")
    maker.add_argument("folder", type=Path)
    asked = parser.parse_args()
    if asked.command == "make-pki":
        print(make_pki(asked.folder))
        return
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s %(message)s")
    # The client would log every webhook with its address, the server every path: some hold numbers of people.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    settings = Settings()  # pyright: ignore[reportCallIssue]
    uvicorn.run(create_app(settings), host=settings.host, port=settings.port, access_log=False, log_level="info")


if __name__ == "__main__":
    main()
