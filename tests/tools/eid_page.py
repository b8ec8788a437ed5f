"""A small page with the Web eID client, as the gateway would serve it: with the virtual card or without any extension."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx

from tests.tools.conftest import ROOT, WorldProcess

STATIC = ROOT / "services" / "gateway" / "static"
POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'"
PAGE = """<!doctype html><html lang="{language}"><title>page</title><main><button>Start</button></main>
{card}<script type="module" src="/page.js"></script></html>"""
CARD = '<script type="module" src="/static/demo/virtual-card.js"></script>'
SCRIPT = """
import { authenticate, status } from "/static/web-eid.js";
const told = (promise) => promise.catch(({ code, details }) => ({ code, details }));
window.ask = (options) => { window.answer = told(authenticate(options)); };
window.status_ = () => told(status());
document.documentElement.dataset.page = "ready";
"""
TYPES = {"js": "text/javascript", "css": "text/css"}


class Site:
    """A page as the gateway would serve it: with the virtual card, or without any extension at all."""

    def __init__(self, world: WorldProcess) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                path = self.path.partition("?")[0]
                if path == "/demo/cards":
                    self.reply(httpx.get(f"{world.url}/cards", trust_env=False).content, "application/json")
                elif path == "/page.js":
                    self.reply(SCRIPT.encode(), TYPES["js"])
                elif path.startswith("/static/"):
                    self.reply((STATIC / path.removeprefix("/static/")).read_bytes(), TYPES[path.rpartition(".")[2]])
                else:
                    page = PAGE.format(language=path.strip("/")[:2] or "en", card="" if "bare" in path else CARD)
                    self.reply(page.encode(), "text/html")

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                headers = {"content-type": "application/json"}
                issued = httpx.post(f"{world.url}/cards", content=body, headers=headers, trust_env=False)
                self.reply(issued.content, "application/json")

            def reply(self, content: bytes, kind: str) -> None:
                self.send_response(200)
                self.send_header("content-type", kind)
                self.send_header("content-security-policy", POLICY)
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
