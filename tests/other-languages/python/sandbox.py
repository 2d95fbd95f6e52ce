"""DOKU's Python library, pointed at a local sandbox, and one JSON line per step."""

import contextlib
import html
import importlib.metadata
import json
import re
import sys
import urllib.error
import urllib.parse
import urllib.request
from urllib.parse import urlsplit

import requests
from doku_python_library import DokuSNAP
from doku_python_library.src.commons import config

LIBRARY = "doku-python-library " + importlib.metadata.version("doku_python_library")

# What `snap-sandbox serve --json` printed, in the file that the command line names.
with open(sys.argv[1], encoding="utf-8") as file:
    SANDBOX = json.load(file)

# The library knows two hosts and takes no third one as an option.
config._Development.BASE_URL = SANDBOX["baseUrl"]

# What the library sent in the current step, and how the sandbox judged it.
calls = []
_send = requests.Session.send


def _recorded(session, request, **options):
    answer = _send(session, request, **options)
    calls.append(
        {
            "path": urlsplit(request.url).path,
            "http": answer.status_code,
            "responseCode": answer.json().get("responseCode"),
            "verdict": answer.headers.get("x-sandbox-verdict"),
        }
    )
    return answer


requests.Session.send = _recorded


class Refused(Exception):
    """A step did not go well."""


def connect():
    """The answer to the token request that a client makes at once, and the client."""
    snap = DokuSNAP(
        private_key=SANDBOX["privateKeyPem"],
        client_id=SANDBOX["clientId"],
        is_production=False,
        public_key=SANDBOX["dokuPublicKeyPem"],
        issuer="merchant",
        secret_key=SANDBOX["clientSecret"],
        merchant_public_key=SANDBOX["publicKeyPem"],
    )
    return Connected(snap)


class Connected:
    """The constructor hides what came of its request; without a token it has no such attribute."""

    def __init__(self, snap):
        self.snap = snap
        is_ok = getattr(snap, "token", None) is not None
        self.response_code = "2007300" if is_ok else ""
        self.response_message = None if is_ok else "no token"


def step(name, act):
    """Takes a step of the library and prints what came of it."""
    calls.clear()
    # The library prints, and standard output is for the steps.
    with contextlib.redirect_stdout(sys.stderr):
        answer = act()
    is_ok = answer.response_code.startswith("200")
    said = None if is_ok else answer.response_message
    result = "ok" if is_ok else "refused"
    _print({"by": LIBRARY, "step": name, "result": result, "calls": list(calls), "said": said})
    if not is_ok:
        if calls:
            _print({"by": "sandbox", "step": "explanation", **explanation()})
        raise Refused(f"{name} was refused")
    return answer


class _Stay(urllib.request.HTTPRedirectHandler):
    """The page sends the customer back to the merchant, who is not there."""

    def redirect_request(self, *_):
        return None


_direct = urllib.request.build_opener(_Stay, urllib.request.ProxyHandler({}))


def _open(address, body=None):
    """HTTP status and text."""
    try:
        answer = _direct.open(address, body)
    except urllib.error.HTTPError as error:
        answer = error
    with answer:
        return answer.status, answer.read().decode()


def approve(name, address):
    """The customer opens a page, types what its OTP asks for, if it asks for one, and agrees."""
    status, _ = _open(address + "?auto=approve")
    _visited(name, status, status == 303)


def approve_with_otp(name, address):
    """The customer types a wrong OTP at a page, then the one that the phone shows, and agrees."""

    def choose(otp):
        form = {"choice": "approve", "otp": otp}
        return _open(address, urllib.parse.urlencode(form).encode())[0]

    found = re.search(r"phone shows <code>(\d{6})<", _open(address)[1])
    shown = found[1] if found else ""
    wrong = choose("000001" if shown == "000000" else "000000")
    _visited(f"{name}, wrong OTP", wrong, wrong == 400)
    right = choose(shown)
    _visited(name, right, right == 303)


def _visited(name, http, is_ok):
    _print({"by": "customer", "step": name, "result": "ok" if is_ok else "refused", "http": http})
    if not is_ok:
        raise Refused(f"{name}: the page answered HTTP {http}")


def ask(what, body=None):
    """Asks the admin API, or tells it something."""
    body = None if body is None else json.dumps(body).encode()
    return json.loads(_open(f"{SANDBOX['adminUrl']}/_sandbox/{what}", body)[1])


def explanation():
    """Why the last request was refused; `onPage` tells whether the page for people says it as well."""
    found = ask("explain")
    overview = _open(SANDBOX["adminUrl"] + "/_sandbox/")[1]
    event = re.search(r"/_sandbox/event/\d+", overview)
    page = _open(SANDBOX["adminUrl"] + (event[0] if event else "/"))[1]
    return {**found, "onPage": found["advice"] in html.unescape(page)}


def noted(name, is_ok, found):
    """Prints what was found about a notification, which has to be so."""
    _print({"by": "sandbox", "step": name, "result": "ok" if is_ok else "refused", "found": found})
    if not is_ok:
        raise Refused(f"{name} went wrong")


def _print(line):
    print(json.dumps(line), flush=True)


def tell(*stories):
    """Tells stories; the process ends with 1 at the first that does not go well."""
    try:
        for story in stories:
            story()
    except Refused as refused:
        sys.exit(f"{LIBRARY}: {refused}")
