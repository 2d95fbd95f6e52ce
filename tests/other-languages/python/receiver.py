"""A merchant that is notified, and judges with DOKU's Python library what the sandbox sends."""

import contextlib
import json
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import flask
from doku_python_library.src.services.token_service import TokenService

from sandbox import SANDBOX, Refused, ask, noted

NOTIFY = "/pay/notify"
SOON = 10  # Seconds.


class Receiver:
    """Listens on a random port for as long as the process lives, and tells the sandbox so."""

    def __init__(self, snap):
        self.snap = snap
        self.judged = []
        server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        threading.Thread(target=server.serve_forever, daemon=True).start()
        here = f"http://127.0.0.1:{server.server_port}"
        urls = {"notificationUrl": here + NOTIFY, "tokenUrl": here + "/token"}
        ask("actions", {"action": "notify-to", **urls})

    def expects_wrong_signature(self, reference):
        """The next notification of this payment comes with a wrong signature at first."""
        ask("actions", {"action": "vary", "vary": "wrong-signature", "reference": reference})

    def is_told(self, reference):
        """The wrong signature was refused, the one half an hour later taken, and nothing is to blame."""
        self._arrived(reference, 1)
        ask("clock", {"advance": 1800})
        told = self._arrived(reference, 2)
        found = {"judged": self.judged, "state": told["state"], "attempts": told["attempts"]}
        is_ok = (
            [one for one in self.judged if one.startswith("00 ")] == ["00 False", "00 True"]
            and "token False" not in self.judged
            and told["state"] == "delivered"
            and not any(attempt["mistakes"] for attempt in told["attempts"])
        )
        noted("notification", is_ok, found)

    def _arrived(self, reference, attempts):
        """The notification that a payment succeeded, as soon as so many attempts of it are over."""
        end = time.monotonic() + SOON
        while time.monotonic() < end:
            for told in ask("notifications")["notifications"]:
                is_meant = (told["reference"], told["status"]) == (reference, "00")
                if is_meant and len(told["attempts"]) == attempts:
                    return told
            time.sleep(0.02)
        raise Refused(f"{reference} was not notified {attempts} times")

    def _token(self, headers):
        # The library reads the request of a framework that its package does not list.
        with flask.Flask("merchant").test_request_context(headers=headers):
            is_valid = self.snap.validate_signature()
        self.judged.append(f"token {is_valid}")
        issued = self.snap.generate_token_b2b(is_valid)
        return 200 if is_valid else 401, issued.body.json()

    def _notified(self, path, headers, body):
        token = headers["authorization"].removeprefix("Bearer ")
        # The library has no method for the signature of a notification, but what it signs with itself.
        expected = TokenService.generate_symmetric_signature(
            "POST", path, token, body, headers["x-timestamp"], SANDBOX["clientSecret"]
        )
        is_valid = self.snap.validate_token_b2b(token) and headers["x-signature"] == expected
        self.judged.append(f"{body['latestTransactionStatus']} {is_valid}")
        answer = self.snap.generate_direct_debit_notification(is_valid)
        return 200 if is_valid else 401, answer.json()

    def _handler(self):
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                headers = {name.lower(): value for name, value in self.headers.items()}
                with contextlib.redirect_stdout(sys.stderr):
                    if self.path == NOTIFY:
                        status, answer = receiver._notified(self.path, headers, body)
                    else:
                        status, answer = receiver._token(headers)
                self._answer(status, json.dumps(answer).encode())

            def _answer(self, status, body):
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        return Handler
