"""Our side of the provider's calls: what was posted, and the documents it is answered with."""

from __future__ import annotations

import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Page(ThreadingHTTPServer):
    """Our side: what the carrier posted, and the documents it is answered with."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.told: list[tuple[str, dict[str, str], str]] = []
        self.documents: dict[str, str] = {}
        self.root = f"http://127.0.0.1:{self.server_address[1]}"
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def of(self, path: str) -> list[dict[str, str]]:
        return [form for told, form, _ in self.told if told == path]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        page = self.server
        assert isinstance(page, Page)
        text = self.rfile.read(int(self.headers["content-length"])).decode()
        form = dict(urllib.parse.parse_qsl(text, keep_blank_values=True))
        page.told.append((self.path, form, self.headers["X-Twilio-Signature"]))
        body = page.documents.get(self.path, "").encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass
