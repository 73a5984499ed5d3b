"""A web server for tests of downloading, with the faults that real ones have."""

import ssl
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Page:
    """What an address gives, and how badly."""

    content: bytes = b""
    etag: str | None = '"1"'
    modified: str | None = None
    # Whether parts can be asked for, and whether If-Range is understood.
    ranges: bool = True
    if_range: bool = True
    # A connection ends after so many bytes of the body.
    drop: int | None = None
    # Content-Length says this instead; 0 bytes a second where `length` is "none" (chunked, without a length).
    length: int | str | None = None
    # So many first answers have this status.
    failures: int = 0
    failure: int = 503
    redirect: str | None = None
    # After so many bytes nothing comes, for the first `stalls` answers.
    stall_after: int = 0
    stalls: int = 0
    # Bytes a second.
    pace: int | None = None
    # What the address gives from the answer of this number on.
    later: "Page | None" = None
    later_at: int = 1
    answers: int = field(default=0)


class FileServer:
    """Serves `pages` on a port of its own; `requests` are (path, headers, status, bytes of the body that were sent)."""

    def __init__(self, certificate=None):
        self.pages: dict[str, Page] = {}
        self.requests: list[dict] = []
        self.stopping = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                outer.answer(self)

            def log_message(self, *_):
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):
                pass  # the other end went away

        self.server = Server(("127.0.0.1", 0), Handler)
        scheme = "http"
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
            scheme = "https"
        self.base = f"{scheme}://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def add(self, path: str, content: bytes = b"", **faults) -> str:
        """Serves `content` at `path`; gives the address."""
        self.pages[path] = Page(content, **faults)
        return self.base + path

    def sent(self) -> int:
        return sum(request["sent"] for request in self.requests)

    def statuses(self) -> list[int]:
        return [request["status"] for request in self.requests]

    def close(self):
        self.stopping.set()
        self.server.shutdown()
        self.server.server_close()

    def answer(self, handler):
        handler.close_connection = True
        page = self.pages.get(handler.path)
        record = {"path": handler.path, "headers": dict(handler.headers), "status": 404, "sent": 0}
        self.requests.append(record)
        if page is None:
            return self.plain(handler, record, 404)
        number, page.answers = page.answers, page.answers + 1
        if page.later and number >= page.later_at:
            page = page.later
        if number < page.failures:
            return self.plain(handler, record, page.failure)
        if page.redirect:
            return self.plain(handler, record, 302, {"Location": page.redirect})
        start, total = self.start(handler, page), len(page.content)
        if start > 0 and start >= total:
            return self.plain(handler, record, 416, {"Content-Range": f"bytes */{total}"})
        record["status"] = 206 if start else 200
        handler.send_response(record["status"])
        if page.etag:
            handler.send_header("ETag", page.etag)
        if page.modified:
            handler.send_header("Last-Modified", page.modified)
        if start:
            handler.send_header("Content-Range", f"bytes {start}-{total - 1}/{total}")
        chunked = page.length == "none"
        if chunked:
            handler.send_header("Transfer-Encoding", "chunked")
        else:
            handler.send_header("Content-Length", str(page.length if page.length is not None else total - start))
        handler.end_headers()
        self.body(handler, page, record, number, page.content[start:], chunked)

    @staticmethod
    def start(handler, page) -> int:
        asked = handler.headers.get("Range")
        if not asked or not page.ranges:
            return 0
        condition = handler.headers.get("If-Range")
        if page.if_range and condition and condition not in (page.etag, page.modified):
            return 0
        return int(asked.removeprefix("bytes=").removesuffix("-"))

    def body(self, handler, page, record, number, content, chunked):
        end = len(content) if page.drop is None else min(len(content), page.drop)
        while record["sent"] < end:
            if number < page.stalls and record["sent"] >= page.stall_after:
                self.stopping.wait(60)
                return
            block = content[record["sent"] : min(end, record["sent"] + 8192)]
            if number < page.stalls:
                block = block[: page.stall_after - record["sent"]]
            handler.wfile.write(b"%x\r\n%s\r\n" % (len(block), block) if chunked else block)
            record["sent"] += len(block)
            if page.pace:
                time.sleep(len(block) / page.pace)
        if chunked and end == len(content):
            handler.wfile.write(b"0\r\n\r\n")

    @staticmethod
    def plain(handler, record, status, headers=()):
        record["status"] = status
        handler.send_response(status)
        for name, value in dict(headers).items():
            handler.send_header(name, value)
        text = b"<html>" + b"no " * 5000
        handler.send_header("Content-Length", str(len(text)))
        handler.end_headers()
        handler.wfile.write(text)
