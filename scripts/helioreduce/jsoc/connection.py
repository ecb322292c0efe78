"""Connections: made within seconds, to one host, by http or https; the header of a reply has a time limit too."""

from __future__ import annotations

import errno
import http.client
import socket
import ssl
import threading
from contextlib import suppress
from http.client import HTTPMessage
from typing import IO
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import HTTPHandler, HTTPRedirectHandler, HTTPSHandler, OpenerDirector, ProxyHandler, Request, build_opener

from helioreduce.jsoc.errors import FetchError, Rejected
from helioreduce.jsoc.retry import TransientError, Unreachable

LOOPBACK = ("127.0.0.1", "localhost", "::1")
#: Longest wait for a connection, s.
_CONNECT_S = 5.0
_NO_NETWORK = (errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN)


def opener(url: str) -> OpenerDirector:
    """Return an opener that follows no redirection to another host, and uses no proxy for this machine."""
    proxies = [ProxyHandler({})] if urlsplit(url).hostname in LOOPBACK else []
    return build_opener(_SameHost, _Plain, _Secure, *proxies)


def unreachable(error: URLError, url: str) -> FetchError | TransientError:
    """Return the exception for a connection that could not be made."""
    reason = error.reason
    if isinstance(reason, ssl.SSLCertVerificationError):
        cure = "Update the certificates of this machine (SSL_CERT_FILE names them), or ask whoever runs the server or proxy"
        return Rejected(f"the certificate cannot be verified ({reason.verify_message})", cure=cure, where=url)
    no_network = isinstance(reason, socket.gaierror) or (isinstance(reason, OSError) and reason.errno in _NO_NETWORK)
    return Unreachable(f"{reason}", no_network=no_network)


class _TimedConnection(http.client.HTTPConnection):
    """A connection made within seconds, whose reply begins within the timeout: a server may not drip its header."""

    def connect(self) -> None:
        """Connect, in a shorter time than a reply may take."""
        limit_s, self.timeout = self.timeout, min(_CONNECT_S, self.timeout or _CONNECT_S)
        super().connect()
        self.timeout = limit_s
        self.sock.settimeout(limit_s)

    def getresponse(self) -> http.client.HTTPResponse:
        """Return the reply once its header is complete."""
        late, connection = threading.Event(), self.sock

        def close() -> None:
            """End the connection: the reply is late."""
            late.set()
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

        timer = threading.Timer(self.timeout or _CONNECT_S, close)
        timer.start()
        try:
            reply = super().getresponse()
        finally:
            timer.cancel()
        if late.is_set():
            raise TimeoutError("the header of the reply takes too long")
        return reply


class _TimedSecureConnection(_TimedConnection, http.client.HTTPSConnection):
    """The same over TLS."""


class _Plain(HTTPHandler):
    """Opens http addresses by timed connections."""

    def http_open(self, req: Request) -> http.client.HTTPResponse:
        """Return the reply."""
        return self.do_open(_TimedConnection, req)


class _Secure(HTTPSHandler):
    """Opens https addresses by timed connections."""

    def https_open(self, req: Request) -> http.client.HTTPResponse:
        """Return the reply."""
        return self.do_open(_TimedSecureConnection, req)


class _SameHost(HTTPRedirectHandler):
    """Follows a redirection only within the host, or from http to https."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> Request | None:
        """Return the new request, or raise Rejected."""
        old, new = urlsplit(req.full_url), urlsplit(newurl)
        secured = (old.scheme, new.scheme) == ("http", "https") and old.hostname == new.hostname
        if new[:2] != old[:2] and not (secured and old.port in (None, 80) and new.port in (None, 443)):
            raise Rejected(f"redirects to {newurl!r}", cure="Only its own host is followed", where=req.full_url)
        return super().redirect_request(req, fp, code, msg, headers, newurl)
