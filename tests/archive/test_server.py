"""The archive as a server: hosts, ranges, files, its log."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
from urllib.request import urlopen

import pytest
from small_archive import unmodified

from helioreduce.archive.faults import Fault
from helioreduce.archive.server import CONNECTIONS, Archive, serve

ONE = "aia.lev1_euv_12s[2014-01-01T00:00:01Z][171]"


@pytest.fixture
def ask(archive):
    """Sends one raw request: ``status, headers, body = ask(target, method=, headers=, body=)``."""

    def ask(target, method="GET", body=None, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", int(archive.url.split(":")[2][:-1]), timeout=5)
        connection.request(method, target, body, {name.replace("_", "-"): value for name, value in headers.items()})
        reply = connection.getresponse()
        return reply.status, dict(reply.getheaders()), reply.read()

    return ask


@pytest.fixture
def path(client):
    """Server path of an image."""
    return client.records(ONE, ["image"])[0].segments["image"]


@pytest.mark.parametrize("host", ["evil.example", "jsoc.stanford.edu", "127.0.0.1", "localhost:1", ""])
def test_foreign_hosts_are_refused(ask, host):
    assert ask("/", Host=host)[0] == 421


@pytest.mark.parametrize(
    "target", ["http://evil.example/", "https://jsoc.stanford.edu/", "http://jsoc.stanford.edu.evil.example/"]
)
def test_proxy_requests_for_other_hosts_are_refused(ask, target):
    assert ask(target)[0] == 421


@pytest.mark.parametrize("host", ["jsoc.stanford.edu", "jsoc1.stanford.edu:80", "jsoc2.stanford.edu"])
def test_proxy_requests_for_jsoc_are_answered(ask, host):
    status, _, body = ask(f"http://{host}/cgi-bin/ajax/jsoc_info?op=rs_summary&ds={ONE}")
    assert status == 200 and json.loads(body)["count"] == 1


def test_it_listens_on_loopback_only(archive):
    assert archive._server.server_address[0] == "127.0.0.1"


def test_head_post_and_get_agree(ask, path):
    status, headers, body = ask(path, "HEAD")
    assert (status, body) == (200, b"") and headers["Accept-Ranges"] == "bytes"
    assert int(headers["Content-Length"]) == len(ask(path)[2])
    form = f"op=rs_summary&ds={ONE}"
    replies = [ask(f"/cgi-bin/ajax/jsoc_info?{form}")[2], ask("/cgi-bin/ajax/jsoc_info", "POST", form)[2]]
    assert [json.loads(reply)["count"] for reply in replies] == [1, 1]


def test_ranges(ask, path):
    _, headers, whole = ask(path)
    tag = headers["ETag"]
    assert ask(path, Range="bytes=10-19")[::2] == (206, whole[10:20])
    assert ask(path, Range="bytes=-7")[::2] == (206, whole[-7:])
    status, headers, body = ask(path, Range="bytes=100-", If_Range=tag)
    assert (status, body) == (206, whole[100:])
    assert headers["Content-Range"] == f"bytes 100-{len(whole) - 1}/{len(whole)}"
    assert ask(path, Range="bytes=100-", If_Range='"other"')[::2] == (200, whole)
    assert ask(path, Range=f"bytes={len(whole)}-")[0] == 416
    assert ask(path, Range="pages=1")[::2] == (200, whole)


@pytest.mark.parametrize("tail", ["", "/../record.json", "/record.json", "/truth.fits", "/%2e%2e/%2e%2e/archive.json", "/."])
def test_only_listed_files_are_served(ask, path, tail):
    assert ask(path.rpartition("/")[0] + tail)[0] == 404


@pytest.mark.parametrize(
    "target", ["/etc/passwd", "/SUM1/D1/S00000/x", "/SUM99/D20140101001/S00000/..", "/cgi-bin/ajax/nothing"]
)
def test_what_is_not_there_is_404(ask, target):
    assert ask(target)[0] == 404


def test_other_content_has_another_address(archive, root, path):
    file = root / "frames" / "171" / "20140101T000001" / "image_lev1.fits"
    file.write_bytes((root / "frames" / "193" / "20140101T000001" / "image_lev1.fits").read_bytes())
    record = root / "frames" / "171" / "20140101T000001" / "record.json"
    record.write_text(record.read_text())
    keys = unmodified(archive).query(ONE, seg="image")
    assert keys.image[0] != path


def test_frames_that_appear_are_served(archive, root):
    source = root / "frames" / "171" / "20140101T000001" / "record.json"
    client = unmodified(archive)
    folder = root / "frames" / "171" / "new"
    folder.mkdir()
    entry = json.loads(source.read_text())
    entry["keywords"] |= {"T_REC": "2014-01-01T01:00:01Z"}
    (folder / "record.json").write_text(json.dumps({**entry, "segments": {"image": None}}))
    assert len(client.query("aia.lev1_euv_12s[2014-01-01T01:00:01Z]", key="T_REC")) == 1


def test_the_log_names_no_address(archive, client, tmp_path):
    unmodified(archive).export(ONE, email="reader@localhost")
    client.check_address()
    assert "reader" not in json.dumps(archive.requests)


def test_the_server_ends_with_its_block(root):
    with serve(root) as url:
        port = int(url.split(":")[2][:-1])
    with pytest.raises(ConnectionError):
        http.client.HTTPConnection("127.0.0.1", port, timeout=1).request("GET", "/")


def test_the_log_has_requests_under_way_and_exports_pending(root, tmp_path):
    (root / "archive.json").write_text(json.dumps({"limits": {"staging_s": 0.3}}))
    slow = Fault("late", "/SUM", times=9, seconds=0.3)
    with Archive(root, faults=[slow], log=tmp_path / "log") as archive:
        (path,) = unmodified(archive).query(ONE, seg="image").image
        clients = [threading.Thread(target=lambda: urlopen(f"{archive.url}{path.lstrip('/')}").read()) for _ in range(3)]
        for one in clients:
            one.start()
        for one in clients:
            one.join()
        urlopen(f"{archive.url}{path.lstrip('/')}").read()
        unmodified(archive).export(ONE, method="url", protocol="fits", email="a@localhost")
    entries = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    files = [entry["open"] for entry in entries if entry["path"].startswith("/SUM")]
    assert sorted(files[:3]) == [1, 2, 3] and files[3] == 1
    assert [entry["pending"] for entry in entries if "pending" in entry] == [1]


def test_connections_are_limited(archive, ask):
    """Those beyond the limit are refused at once; when others have ended there is room again."""
    held = []
    address = ("127.0.0.1", int(archive.url.split(":")[2][:-1]))
    for _ in range(CONNECTIONS):
        held.append(socket.create_connection(address, timeout=5))
        held[-1].sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n" % address[1])
        assert held[-1].recv(20).startswith(b"HTTP/1.1 200")
    status, headers, _ = ask("/")
    assert status == 503 and headers["Retry-After"] == "1"
    for connection in held:
        connection.close()
    deadline = time.monotonic() + 10
    while ask("/")[0] == 503 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert ask("/")[0] == 200
