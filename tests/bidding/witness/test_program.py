"""The witness as its operator runs it: one command, HTTP, a state that survives kill -9."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest
from processes import ROOT, Process, answers_ok, free_port
from stamping import served as served_app
from werkzeug.wrappers import Request, Response
from witnesses import HOST, NAME, ORIGIN, GrowingLog, make_witness, served

from bidding.evidence.notes import parse_verifier, write_base64
from bidding.evidence.witnessing import find_cosignature
from bidding.witness.server import LONGEST_SUBMISSION


@pytest.fixture
def log():
    return GrowingLog()


@pytest.fixture
def address(tmp_path, log):
    with served(make_witness(tmp_path, logs=(str(log.signer.verifier),))) as url:
        yield url


@contextmanager
def connected(url):
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)
    try:
        yield connection
    finally:
        connection.close()


def post(url, body, path="/add-checkpoint"):
    with connected(url) as connection:
        connection.request("POST", path, body)
        answer = connection.getresponse()
        return answer.status, answer.headers["Content-Type"], answer.read().decode()


# ── HTTP ────────────────────────────────────────────────────────────────────────────────────────


def test_many_submissions_go_over_one_connection(address, log):
    with connected(address) as connection:
        for old, size in ((0, 3), (3, 5), (5, 8)):
            connection.request("POST", "/add-checkpoint", log.submission(old, size))
            answer = connection.getresponse()
            assert (answer.status, answer.read().decode()[:2]) == (200, "— ")
        connection.request("POST", "/add-checkpoint", log.submission(0, 8))
        answer = connection.getresponse()
        assert (answer.status, answer.read()) == (409, b"8\n")
        assert answer.headers["Content-Type"] == "text/x.tlog.size"


def test_a_fork_over_http_is_answered_409_and_422_without_a_signature(address, log):
    post(address, log.submission(0, 5))
    forged = log.rewrite()
    assert post(address, forged.submission(5, 5)) == (409, "text/x.tlog.size", "5\n")
    status, _type, body = post(address, forged.submission(5, 6))
    assert (status, "—" in body) == (422, False)


def test_anyone_can_read_its_public_key(address):
    with connected(address) as connection:
        connection.request("GET", "/")
        verifier = parse_verifier(connection.getresponse().read().decode().strip())
    assert (verifier.name, verifier.kind) == (NAME, b"\x04")


def test_other_addresses_are_not_found(address, log):
    assert post(address, log.submission(0, 1), "/")[0] == 404
    with connected(address) as connection:
        connection.request("GET", "/add-checkpoint")
        assert connection.getresponse().status == 404


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 411),
        ({"Content-Length": "-1"}, 411),
        ({"Content-Length": "x"}, 411),
        ({"Content-Length": "٥"}, 411),
        ({"Content-Length": str(LONGEST_SUBMISSION + 1)}, 413),
        ({"Content-Length": "9" * 5000}, 413),
        ({"Content-Length": "5", "Transfer-Encoding": "chunked"}, 411),
    ],
)
def test_a_body_of_unknown_or_undue_length_is_not_read(address, headers, status):
    with connected(address) as connection:
        connection.putrequest("POST", "/add-checkpoint")
        for name, value in headers.items():
            connection.putheader(name, value.encode())
        connection.endheaders()
        answer = connection.getresponse()
        assert (answer.status, answer.headers["Connection"]) == (status, "close")


def test_a_state_that_cannot_be_written_signs_nothing(tmp_path, log):
    witness = make_witness(tmp_path, logs=(str(log.signer.verifier),))
    witness.memory.path = tmp_path / "gone" / "state.db"
    with served(witness) as url:
        status, _type, body = post(url, log.submission(0, 5))
    assert (status, body) == (503, "not now\n")


# ── the command ─────────────────────────────────────────────────────────────────────────────────


def command(folder, *words):
    files = ("--key", folder / "key", "--state", folder / "state.db")
    return [sys.executable, "-m", "bidding.witness", *map(str, (*files, *words))]


def run(folder, *words):
    return subprocess.run(
        command(folder, *words), cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )


def platform_of(log):
    return f"{HOST}={write_base64(log.signer.verifier.public)}"


@pytest.mark.services
def test_what_it_has_signed_survives_kill_9(tmp_path, log):
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    words = ("--name", NAME, "--listen", f"127.0.0.1:{port}", "--platform", platform_of(log))
    program = Process(
        "witness",
        command(tmp_path, *words),
        folder=tmp_path,
        is_ready=lambda: answers_ok(url),
    )
    keys = set()
    with program:
        for old, size in ((0, 5), (5, 7), (7, 8)):
            status, _type, line = post(url, log.submission(old, size))
            assert status == 200
            program.kill()
            program.start()
            assert post(url, log.submission(0, 8))[2] == f"{size}\n"
            with connected(url) as connection:
                connection.request("GET", "/")
                verifier = parse_verifier(connection.getresponse().read().decode().strip())
            keys.add(str(verifier))
            assert find_cosignature(log.note(size) + line, verifier)
        assert post(url, log.rewrite().submission(8, 8))[0] == 409
    assert len(keys) == 1
    assert f"WITNESS_URLS={keys.pop()}@{url}" in program.log.read_text()
    shown = run(tmp_path, "--contradictions")
    assert shown.returncode == 1
    assert log.note(8) in shown.stdout
    assert log.rewrite().note(8) in shown.stdout


def test_without_contradictions_there_are_none_to_show(tmp_path):
    assert run(tmp_path, "--contradictions").returncode == 2
    make_witness(tmp_path)
    shown = run(tmp_path, "--contradictions")
    assert (shown.returncode, shown.stdout) == (0, "")


def test_a_key_whose_memory_is_lost_signs_nothing_more(tmp_path, log):
    make_witness(tmp_path)
    (tmp_path / "state.db").unlink()
    done = run(tmp_path, "--platform", platform_of(log))
    assert done.returncode == 2
    assert "forgotten what it signed" in done.stderr
    assert not (tmp_path / "state.db").exists()


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--platform", f"{HOST}={'A' * 43}="), "--name gives the new key's name"),
        (("--name", NAME), "--platform or --log names whose"),
        (("--name", "two words", "--platform", f"{HOST}={'A' * 43}="), "neither space nor plus"),
        (("--name", NAME, "--platform", HOST), "<host>=<key>"),
        (("--name", NAME, "--log", "x"), "not a verifier key"),
        (("--name", NAME, "--log", "http://127.0.0.1:9/log"), "refused"),
        (("--name", NAME, "--platform", f"{HOST}={'A' * 43}=", "--listen", "x"), "HOST:PORT"),
        (("--name", NAME, "--platform", f"{HOST}={'A' * 43}=", "--listen", ":99999"), "HOST:PORT"),
    ],
)
def test_what_cannot_be_worked_with_is_told_in_one_line(tmp_path, words, why):
    done = run(tmp_path, *words)
    assert done.returncode == 2
    assert why in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_the_key_of_another_name_is_not_used(tmp_path, log):
    make_witness(tmp_path)
    done = run(tmp_path, "--name", "another.example", "--platform", platform_of(log))
    assert (done.returncode, NAME in done.stderr) == (2, True)


def test_a_log_named_by_its_address_keeps_the_key_it_first_had(tmp_path, log):
    from bidding.witness.__main__ import key_of_log
    from bidding.witness.memory import Memory

    told = {"origin": ORIGIN, "key": str(log.signer.verifier)}

    @Request.application
    def court(_request):
        return Response(json.dumps({"format": "bidlog/1", **told}), mimetype="application/json")

    memory = Memory(tmp_path / "state.db")
    with served_app(court) as url:
        assert key_of_log(f"{url}/log", memory) == told["key"]
        told["key"] = str(GrowingLog().signer.verifier)
        assert key_of_log(f"{url}/log", memory) == str(log.signer.verifier)
        told["origin"] = "another"
        with pytest.raises(Exception, match="another log's key"):
            key_of_log(f"{url}/other", memory)
    assert key_of_log(f"{url}/log", memory) == str(log.signer.verifier)


def test_it_needs_nothing_of_the_platform():
    """Another office installs `cryptography` and copies a handful of files."""
    seen = subprocess.run(
        [
            *(sys.executable, "-c"),
            "import sys, bidding.witness.__main__; print(*sorted({m.split('.')[0] for m in "
            "sys.modules if getattr(sys.modules[m], '__file__', None) and "
            "('site-packages' in sys.modules[m].__file__ or m.startswith(('auction', 'escrow')))}))",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert set(seen.stdout.split()) - {"_distutils_hack"} <= {"cryptography", "_cffi_backend"}
