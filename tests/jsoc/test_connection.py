"""Connections: time limits, redirections, certificates, and addresses where nothing answers."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
import threading
import time
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.request import Request

import pytest
from jsoc_requests import IMAGE, fetched, source, stored_file
from small_archive import QUICK

from helioreduce.archive.faults import Fault
from helioreduce.io import provenance
from helioreduce.jsoc import connection, http
from helioreduce.jsoc.client import Client
from helioreduce.jsoc.errors import Rejected, TransientExhausted
from helioreduce.jsoc.retry import RetryPolicy, retry
from helioreduce.jsoc.store import Store

HASTY = replace(QUICK, timeout_s=0.5)


@pytest.mark.parametrize("part", ["jsoc_info", IMAGE])
def test_a_header_that_drips_is_given_up(part, faulty, root, tmp_path):
    """One byte every 0.1 s is never silence; a thousand of them would take 100 s."""
    archive, client = faulty(Fault("drip_header", part, seconds=0.1))
    client.retry_policy = HASTY
    started = time.monotonic()
    assert provenance.sha256(fetched(client, Store(tmp_path / "store")).file) == source(root)
    assert time.monotonic() - started < 30
    assert any(request["fault"] for request in archive.requests)


def test_a_connection_that_drips_is_left_and_the_transfer_resumed(faulty, root, tmp_path):
    _, client = faulty(Fault("drip", IMAGE, seconds=0.02))
    client.retry_policy = HASTY
    entry = fetched(client, Store(tmp_path / "store"))
    assert provenance.sha256(entry.file) == source(root)
    assert entry.history["received"] == stored_file(root).stat().st_size, "no byte twice"
    assert "too slow" in entry.history["faults"][0]


def test_a_query_that_drips_is_asked_again(faulty):
    _, client = faulty(Fault("drip", "rs_list", seconds=0.02))
    client.retry_policy = HASTY
    assert len(client.records("aia.lev1_euv_12s[][171]")) == 3


@pytest.mark.parametrize("address", ["http://127.0.0.1:{closed}/", "http://nothing.invalid/"])
def test_where_nothing_answers_is_said_in_seconds(address, tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = address.format(closed=free.getsockname()[1])
    started = time.monotonic()
    with pytest.raises(TransientExhausted, match="does not answer") as caught:
        Client.at(address, retry_policy=RetryPolicy()).records("aia.lev1_euv_12s[][171]")
    assert time.monotonic() - started < 20
    assert "source: archive" in str(caught.value) and "jsoc.record" in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "followed"),
    [
        ("http://jsoc.example/a", "http://jsoc.example/b", True),
        ("http://jsoc.example/a", "https://jsoc.example/a", True),
        ("http://jsoc.example:80/a", "https://jsoc.example:443/a", True),
        ("https://jsoc.example/a", "http://jsoc.example/a", False),
        ("http://jsoc.example/a", "https://other.example/a", False),
        ("http://jsoc.example:8080/a", "https://jsoc.example/a", False),
        ("http://jsoc.example/a", "https://jsoc.example:8443/a", False),
        ("http://jsoc.example/a", "ftp://jsoc.example/a", False),
    ],
)
def test_redirections(old, new, followed):
    """Within the host, and from http to https; the range of a resumed transfer goes along."""
    handler, request = connection._SameHost(), Request(old, headers={"Range": "bytes=10-"})
    if followed:
        again = handler.redirect_request(request, None, 302, "Found", {}, new)
        assert again.full_url == new and again.headers["Range"] == "bytes=10-"
    else:
        with pytest.raises(Rejected, match="redirects"):
            handler.redirect_request(request, None, 302, "Found", {}, new)


class Hello(BaseHTTPRequestHandler):
    """Answers every request."""

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "5")
        self.end_headers()
        self.wfile.write(b"hello")

    def log_message(self, *_):
        pass


@pytest.fixture
def secure(tmp_path):
    """A server with a certificate that nobody has signed: its address and the certificate."""
    if not shutil.which("openssl"):
        pytest.skip("openssl is not installed")
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-keyout", key, "-out", certificate]
    subprocess.run([*command, *subject], check=True, capture_output=True)
    server = HTTPServer(("127.0.0.1", 0), Hello)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"https://localhost:{server.server_port}/", certificate
    server.shutdown()
    server.server_close()


def test_a_certificate_is_reported_once_with_the_cure(secure, monkeypatch):
    url, certificate = secure
    attempts = []

    def act():
        attempts.append(1)
        return http.get(url, QUICK, limit=100)

    with pytest.raises(Rejected, match="certificate cannot be verified .*SSL_CERT_FILE"):
        retry(act, QUICK, url)
    assert len(attempts) == 1
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    assert retry(act, QUICK, url) == b"hello"
