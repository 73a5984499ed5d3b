"""Downloads from a local server with the faults of real ones: dropped connections, changed files, wrong checksums, odd redirects."""

import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import time

import program
import pytest
from banks import make_zip, pictures
from fetching import SLIM, UNAVAILABLE, arguments, assert_bank, coco, environment, events, fetch, start, wait_for, weights
from file_server import FileServer, Page
from program import BAD_DATA, CANNOT_CREATE, IO_ERROR, USAGE

def test_a_bank_arrives(server, bank, folder):
    result = coco(folder, server.add("/a.zip", bank[1])).ok()
    assert_bank(folder / "bank", bank[0])
    assert "25 pictures" in result.err and "zip removed" in result.err and "Creative Commons" in result.err
    assert "clipmorph/" in server.requests[0]["headers"]["User-Agent"]
    again = coco(folder, server.base + "/a.zip").ok()
    assert "already" in again.err and "25 pictures" in again.err
    assert len(server.requests) == 1, "the network was asked about what is there"


def test_a_server_that_drops_connections(server, bank, folder):
    address = server.add("/a.zip", bank[1], drop=60_000)
    result = coco(folder, address, "--json").ok()
    assert_bank(folder / "bank", bank[0])
    assert server.sent() == len(bank[1]), "bytes were sent twice"
    assert server.requests[1]["headers"]["Range"] == "bytes=60000-"
    assert server.requests[1]["headers"]["If-Range"] == '"1"'
    assert {event["event"] for event in events(result)} >= {"fetching", "retrying", "unpacking", "fetched"}
    assert events(result)[-1]["pictures"] == 25


@pytest.mark.parametrize("faults", [{"etag": None}, {"etag": 'W/"1"'}, {"etag": None, "modified": "Mon, 01 Jan 2024 00:00:00 GMT"}])
def test_dropped_connections_without_a_strong_tag(server, bank, folder, faults):
    coco(folder, server.add("/a.zip", bank[1], drop=200_000, **faults)).ok()
    assert_bank(folder / "bank", bank[0])
    assert server.requests[1]["headers"].get("If-Range") == faults.get("modified")


def test_a_server_that_ignores_ranges(server, bank, folder):
    page = Page(bank[1], ranges=False, drop=100_000, later=Page(bank[1], ranges=False), later_at=2)
    server.pages["/a.zip"] = page
    coco(folder, server.base + "/a.zip").ok()
    assert_bank(folder / "bank", bank[0])
    assert server.statuses() == [200, 200, 200]


def test_a_server_that_never_gets_further_is_given_up(server, bank, folder):
    address = server.add("/a.zip", bank[1], ranges=False, drop=100_000)
    result = coco(folder, address, "--quiet")
    program.assert_refused(result, UNAVAILABLE, "in 6 attempts")
    assert "100 kB" in result.err and "same command" in result.err
    assert (folder / "bank" / "train2017.zip.part").stat().st_size == 100_000
    assert len(server.requests) == 7


@pytest.mark.parametrize("if_range", [True, False])
def test_a_file_that_changes_midway_is_begun_anew(server, bank, folder, if_range):
    """Also where the server continues the new file as though it were the old one."""
    other = pictures(25, 20_000, seed=9)
    new = make_zip(other)
    assert len(new) == len(bank[1])
    server.pages["/a.zip"] = Page(bank[1], drop=200_000, later=Page(new, etag='"2"', if_range=if_range, drop=400_000))
    result = coco(folder, server.base + "/a.zip").ok()
    assert_bank(folder / "bank", other)
    assert "has changed" in result.err


@pytest.mark.parametrize("status", [503, 500, 429])
def test_a_server_that_is_busy_at_first(server, bank, folder, status):
    coco(folder, server.add("/a.zip", bank[1], failures=2, failure=status)).ok()
    assert_bank(folder / "bank", bank[0])
    assert server.statuses() == [status, status, 200]


def test_a_server_that_stays_busy(server, folder):
    result = coco(folder, server.add("/a.zip", b"x", failures=100), "--quiet")
    program.assert_refused(result, UNAVAILABLE, "503")
    assert program.snapshot_names(folder) == [], "something was left"


@pytest.mark.parametrize("status, words", [(404, "not found"), (403, "not allowed"), (410, "not found")])
def test_a_refusal_is_final(server, folder, status, words):
    result = coco(folder, server.add("/a.zip", b"x", failures=100, failure=status), "--quiet")
    program.assert_refused(result, UNAVAILABLE, words)
    assert str(status) in result.err and "--from" in result.err
    assert len(server.requests) == 1 and program.snapshot_names(folder) == []


def test_a_connection_that_stalls(server, bank, folder):
    result = coco(folder, server.add("/a.zip", bank[1], stall_after=200_000, stalls=1)).ok()
    assert_bank(folder / "bank", bank[0])
    assert server.sent() == len(bank[1]) and "too slow" in result.err


def test_no_server_at_all(folder):
    server = FileServer()
    server.close()
    result = coco(folder, server.base + "/a.zip", "--quiet")
    program.assert_refused(result, UNAVAILABLE, "connect")
    assert program.snapshot_names(folder) == []


def test_a_length_that_is_too_great(server, bank, folder):
    """The server promises more than it has, and says so when it is asked for the rest."""
    coco(folder, server.add("/a.zip", bank[1], length=len(bank[1]) + 1000)).ok()
    assert_bank(folder / "bank", bank[0])
    assert server.statuses() == [200, 416]


def test_a_length_that_is_too_small(server, bank, folder):
    result = coco(folder, server.add("/a.zip", bank[1], length=len(bank[1]) - 1000), "--quiet")
    program.assert_refused(result, BAD_DATA, "zip file")
    assert "--overwrite" in result.err
    server.add("/a.zip", bank[1])
    coco(folder, server.base + "/a.zip", "--overwrite").ok()
    assert_bank(folder / "bank", bank[0])


def test_a_length_that_is_not_said(server, bank, folder):
    coco(folder, server.add("/a.zip", bank[1], length="none", drop=300_000)).ok()
    assert_bank(folder / "bank", bank[0])


def test_what_was_whole_before_is_not_asked_for_twice(server, bank, folder):
    address = server.add("/a.zip", bank[1])
    part = folder / "bank" / "train2017.zip.part"
    part.parent.mkdir()
    part.write_bytes(bank[1])
    part.with_name(part.name + ".json").write_text(json.dumps({"address": address, "entityTag": '"1"'}))
    coco(folder, address).ok()
    assert_bank(folder / "bank", bank[0])
    assert server.statuses() == [416] and server.requests[0]["headers"]["Range"] == f"bytes={len(bank[1])}-"


@pytest.mark.parametrize("notes", [None, "nonsense", json.dumps({"address": "http://elsewhere/a.zip", "entityTag": '"1"'})])
def test_a_part_of_unknown_origin_is_not_continued(server, bank, folder, notes):
    part = folder / "bank" / "train2017.zip.part"
    part.parent.mkdir()
    part.write_bytes(b"x" * 1000)
    if notes:
        part.with_name(part.name + ".json").write_text(notes)
    coco(folder, server.add("/a.zip", bank[1])).ok()
    assert_bank(folder / "bank", bank[0])
    assert "Range" not in server.requests[0]["headers"]


def test_redirects_are_followed(server, bank, folder):
    server.add("/a.zip", redirect="b/c.zip")
    server.add("/b/c.zip", redirect=server.base + "/d.zip")
    server.add("/d.zip", bank[1], drop=300_000)
    coco(folder, server.base + "/a.zip").ok()
    assert_bank(folder / "bank", bank[0])
    assert "Range" in server.requests[-1]["headers"]


@pytest.mark.parametrize("target, words", [
    ("file:///etc/passwd", "https and http"), ("ftp://127.0.0.1/a", "https and http"), ("/a.zip", "more than 10 redirects")])
def test_redirects_that_are_not_followed(server, folder, target, words):
    result = coco(folder, server.add("/a.zip", redirect=target), "--quiet")
    program.assert_refused(result, UNAVAILABLE, words)
    assert program.snapshot_names(folder) == []


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate for 127.0.0.1 that signs itself."""
    if not shutil.which("openssl"):
        pytest.skip("there is no openssl to make a certificate with")
    path = tmp_path_factory.mktemp("certificate") / "server.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1",
               "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", path, "-out", path.with_suffix(".crt")]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True)
    path.write_text(path.read_text() + path.with_suffix(".crt").read_text())
    return path


def test_encryption(server, bank, folder, certificate):
    secure = FileServer(certificate)
    trusting = environment(folder, SSL_CERT_FILE=str(certificate))
    address = secure.add("/a.zip", bank[1], drop=300_000)
    result = coco(folder, address, "--quiet")
    program.assert_refused(result, UNAVAILABLE, "certificate")
    assert not secure.requests and program.snapshot_names(folder) == []
    server.add("/b.zip", bank[1])
    secure.add("/b.zip", redirect=server.base + "/b.zip")
    program.assert_refused(coco(folder, secure.base + "/b.zip", "--quiet", env=trusting), UNAVAILABLE, "encryption")
    assert not server.requests
    coco(folder, address, env=trusting).ok()
    assert_bank(folder / "bank", bank[0])
    secure.close()


# Interruptions.


@pytest.mark.parametrize("sent, status", [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGKILL, -signal.SIGKILL)])
def test_an_interrupted_download_goes_on(server, bank, folder, sent, status):
    address = server.add("/a.zip", bank[1], pace=400_000)
    part = folder / "bank" / "train2017.zip.part"
    process = start(folder, "coco", "--from", address, "--to", folder / "bank")
    wait_for(lambda: part.exists() and part.stat().st_size > 100_000, process)
    process.send_signal(sent)
    _, err = process.communicate(timeout=10)
    assert process.returncode == status, err
    kept = part.stat().st_size
    assert kept > 100_000 and not (folder / "bank" / "train2017.zip").exists()
    if sent != signal.SIGKILL:
        assert b"the same command goes on" in err and b"train2017.zip.part" in err
    server.pages["/a.zip"].pace = None
    time.sleep(0.1)
    result = coco(folder, address).ok()
    assert "going on from" in result.err
    assert server.requests[-1]["headers"]["Range"] == f"bytes={kept}-"
    assert server.sent() < 2 * len(bank[1])
    assert_bank(folder / "bank", bank[0])


def test_interrupted_while_it_waits(server, folder):
    address = server.add("/a.zip", b"x", failures=100)
    process = program.start("fetch", "coco", "--from", address, "--retry-pause", 30, env=environment(folder), cwd=folder,
                            stderr=subprocess.PIPE)
    wait_for(lambda: server.requests, process)
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=5)
    assert process.returncode == 130 and b"before anything arrived" in err
    assert program.snapshot_names(folder) == []


def test_one_run_at_a_time(server, bank, folder):
    address = server.add("/a.zip", bank[1], pace=300_000)
    process = start(folder, "coco", "--from", address, "--to", folder / "bank")
    wait_for(lambda: server.sent() > 50_000, process)
    program.assert_refused(coco(folder, address, "--quiet"), CANNOT_CREATE, "another run")
    assert process.communicate(timeout=20) and process.returncode == 0
    assert_bank(folder / "bank", bank[0])


# Weights.


def test_weights_arrive_in_the_cache(server, folder):
    content = weights("vgg19-slim.pth", SLIM)
    address = server.add("/some.pth", content, drop=1_000_000)
    result = fetch(folder, "vgg19-slim", "--from", address).ok()
    target = folder / "cache" / "clipmorph" / "weights" / "vgg19-slim.pth"
    assert target.read_bytes() == content
    assert [path.name for path in target.parent.iterdir()] == ["vgg19-slim.pth"]
    assert server.sent() == len(content) and "SHA-256 verified" in result.err and "Wang" in result.err
    # There already: in the cache, and in a folder of one's own.
    assert "already" in fetch(folder, "vgg19-slim").ok().err
    elsewhere = environment(folder, CLIPMORPH_WEIGHTS=str(target.parent), XDG_CACHE_HOME=str(folder / "other"))
    assert str(target) in fetch(folder, "vgg19-slim", env=elsewhere).ok().err
    requests = len(server.requests)
    fetch(folder, "vgg19-slim", "--from", address, "--overwrite").ok()
    assert len(server.requests) > requests


def test_a_mirror(server, folder):
    content = weights("vgg19-slim.pth", SLIM)
    server.add("/mirror/vgg19-slim.pth", content)
    fetch(folder, "vgg19-slim", "--to", folder, env=environment(folder, CLIPMORPH_MIRROR=server.base + "/mirror")).ok()
    assert (folder / "vgg19-slim.pth").read_bytes() == content


def test_a_wrong_checksum(server, folder):
    """vgg19's SHA-256 begins with dcbb9e9d; this file's does not."""
    content = random.Random(1).randbytes(300_000)
    digest = hashlib.sha256(content).hexdigest()
    result = fetch(folder, "vgg19", "--from", server.add("/vgg19.pth", content), "--quiet")
    program.assert_refused(result, BAD_DATA, "dcbb9e9d…")
    assert digest in result.err and "checksum" in result.err
    assert program.snapshot_names(folder) == [], "something was left"


def test_a_wrong_size_is_told_before_it_is_downloaded(server, folder):
    result = fetch(folder, "vgg19-slim", "--from", server.add("/a.pth", bytes(5_000_000), pace=2_000_000), "--quiet")
    program.assert_refused(result, BAD_DATA, "3862288")
    assert server.sent() < 4_000_000 and program.snapshot_names(folder) == []


def test_another_file_of_that_name_is_not_replaced_unasked(server, folder):
    (folder / "vgg19-dcbb9e9d.pth").write_text("mine")
    result = fetch(folder, "vgg19", "--to", folder, "--from", server.base + "/a", "--quiet")
    program.assert_refused(result, CANNOT_CREATE, "--overwrite")
    assert not server.requests
    # Nor lost where the new one is wrong.
    fetch(folder, "vgg19", "--to", folder, "--from", server.add("/a", b"wrong"), "--overwrite", "--quiet")
    assert program.snapshot_names(folder) == ["vgg19-dcbb9e9d.pth"]
    assert (folder / "vgg19-dcbb9e9d.pth").read_text() == "mine"


def test_several_names_with_a_failure(server, folder, bank):
    server.add("/train2017.zip", bank[1])
    mirrored = environment(folder, CLIPMORPH_MIRROR=server.base)
    result = fetch(folder, "vgg19", "coco", "--json", env=mirrored)
    assert result.status == 1 and "404" in result.err
    assert [event["name"] for event in events(result) if event["event"] in ("failed", "fetched")] == ["vgg19", "coco"]
    assert_bank(folder / "coco", bank[0])


# What cannot be done.


@pytest.mark.parametrize("more, words", [
    (["vgg20"], "vgg19-slim"), ([], "name"), (["vgg19", "coco", "--from", "http://a/b"], "one name"),
    (["visual-genome", "--from", "http://a/b"], "once for each")])  # fmt: skip
def test_wrong_usage(folder, more, words):
    result = fetch(folder, *more)
    assert result.status == USAGE and words in result.err


@pytest.mark.parametrize("address", ["file:///etc/passwd", "a.zip", "ftp://a/b", "http://"])
def test_addresses_that_are_none(folder, address):
    program.assert_refused(coco(folder, address, "--quiet"), USAGE, "cannot be fetched from")
    assert program.snapshot_names(folder) == []


def test_passwords_are_not_shown(server, bank, folder):
    address = server.add("/a.zip", bank[1], drop=300_000).replace("http://", "http://me:secret@")
    result = coco(folder, address).ok()
    assert "secret" not in result.err and "Authorization" in server.requests[0]["headers"]
    assert not any(b"secret" in path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_a_folder_that_cannot_be_made(server, folder):
    (folder / "bank").write_text("a file")
    program.assert_refused(coco(folder, server.add("/a.zip", b"x"), "--quiet"), IO_ERROR, "folder")


def test_a_progress_bar_on_a_terminal(server, bank, folder):
    pty = pytest.importorskip("pty")
    leader, follower = pty.openpty()
    address = server.add("/a.zip", bank[1], pace=600_000)
    process = program.start(*arguments("coco", "--from", address), env=environment(folder, TERM="xterm"), cwd=folder,
                            stdin=follower, stdout=follower, stderr=follower)
    os.close(follower)
    said = b""
    try:
        while block := os.read(leader, 65536):
            said += block
    except OSError:  # how Linux says that the other end is closed
        pass
    os.close(leader)
    assert process.wait(timeout=10) == 0, said
    assert said.count(b"\r\x1b[K[#") >= 3 and b"kB/s" in said and b" left" in said
