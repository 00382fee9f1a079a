"""A server on a socket that can be told to misbehave: the edge's side of the two routes, and nothing behind them."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from gatehouse.crypto.signing import read_request, verify_request
from gatehouse.wire import Receipt, decode_answer, decode_letters, encode


class OddServer:
    """`feeds` are handed out in order, then 204. `mood` is one of MOODS; every letter that came is kept."""

    MOODS = ("good", "away", "silent", "garbage", "beyond", "nothing", "twice")

    def __init__(self, world, port=0):
        self.world = world
        self.mood = "good"
        self.feeds = []
        self.targets = []
        self.letters = []
        self.answers = []
        self.through = 0
        self.posts = 0
        self.released = threading.Event()  # ends a silence
        server = self

        class Handler(_Handler):
            odd = server

        self._server = _QuietServer(("127.0.0.1", port), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self):
        self.released.set()
        self._server.shutdown()
        self._server.server_close()

    def take(self, letters):
        """What a right server does: numbers advance once, in order."""
        for letter in letters:
            if letter.seq == self.through + 1:
                self.through += 1
                self.letters.append(letter)

    def bodies(self):
        return [self.world.opened(letter) for letter in self.letters]


class _QuietServer(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, *_):
        """An edge that was killed is not worth a stack trace."""


class _Handler(BaseHTTPRequestHandler):
    odd: OddServer
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        assert self._is_signed(body)
        odd = self.odd
        odd.posts += 1
        mood = odd.mood
        if mood == "silent":
            odd.released.wait(30)
        if mood in ("away", "silent"):
            self._answer(503, b"")
            return
        if self.path == "/edge/answers":
            odd.answers.append(decode_answer(body))
            self._answer(204, b"")
            return
        letters = decode_letters(body)
        if mood == "nothing":
            self._answer(200, encode(Receipt(through=0)))
            return
        odd.take(letters)
        if mood == "twice":
            # The answer is lost after the letters were taken.
            odd.mood = "good"
            self._answer(503, b"")
        elif mood == "garbage":
            self._answer(200, b"\xff\x00 not a receipt")
        elif mood == "beyond":
            self._answer(200, encode(Receipt(through=10_000)))
        else:
            self._answer(200, encode(Receipt(through=odd.through)))

    def do_GET(self):
        assert self._is_signed(b"")
        odd = self.odd
        odd.targets.append({k: int(v[0]) for k, v in parse_qs(urlsplit(self.path).query).items()})
        if odd.mood == "away":
            self._answer(503, json.dumps({"title": "away"}).encode())
        elif odd.feeds:
            feed = odd.feeds.pop(0)
            self._answer(200, feed if isinstance(feed, bytes) else encode(feed))
        else:
            threading.Event().wait(0.05)
            self._answer(204, b"")

    def _is_signed(self, body):
        proof = read_request(self.headers["Authorization"])
        key = self.odd.world.keys.public().sign_key
        return verify_request(key, proof, method=self.command, target=self.path, body=body)

    def _answer(self, status, body):
        self.send_response(status)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if status != 204:
            self.wfile.write(body)
