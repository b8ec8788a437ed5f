"""`python -m tools.demo_tool`: run CadastreFinder."""

import logging

import uvicorn

from tools.demo_tool.app import create_app
from tools.demo_tool.settings import Settings


def main() -> None:
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    logging.getLogger("aiokafka").setLevel(logging.ERROR)
    settings = Settings()  # pyright: ignore[reportCallIssue]
    uvicorn.run(create_app(settings), host=settings.host, port=settings.port, access_log=False, log_level="info")


if __name__ == "__main__":
    main()
