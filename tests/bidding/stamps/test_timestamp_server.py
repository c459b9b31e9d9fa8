"""The small time-stamp server gives tokens that others' tools accept, and refuses by the book."""

from __future__ import annotations

import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from hashlib import sha1, sha256

import pytest
from asn1crypto import tsp
from cryptography.hazmat.primitives.serialization import Encoding
from processes import BIN, ROOT, Process, answers_ok, free_port
from rfc3161_client import (
    HashAlgorithm,
    TimestampRequestBuilder,
    VerifierBuilder,
    decode_timestamp_response,
)
from stamping import OPENSSL, openssl_verifies, query_for
from werkzeug.test import Client

from bidding.evidence.stamps import StampAuthority, fetch_token
from bidding.timestamp_server.app import QUERY, REPLY, TimeStampServer
from bidding.timestamp_server.authority import KEY_FILE, ROOT_FILE, make_authority, open_authority
from bidding.timestamp_server.stamping import Reply, answer_query

NOW = datetime(2026, 11, 2, 2, 0, 0, 999_000, tzinfo=UTC)
MESSAGE = b"luochui.test/sale/1\n1\n"


@pytest.fixture(scope="module")
def authority():
    return make_authority(NOW)


@pytest.fixture
def server(tmp_path):
    return TimeStampServer(tmp_path / "kept", lambda: NOW)


@pytest.mark.parametrize("algorithm", list(HashAlgorithm))
def test_a_token_verifies_and_states_the_time_to_the_second(authority, algorithm):
    request = TimestampRequestBuilder(MESSAGE, algorithm).build()
    response = decode_timestamp_response(answer_query(request.as_bytes(), authority, NOW))
    verifier = VerifierBuilder.from_request(request).add_root_certificate(authority.root).build()
    assert verifier.verify_message(response, MESSAGE)
    assert response.tst_info.gen_time == NOW.replace(microsecond=0)
    assert response.tst_info.nonce == request.nonce


@pytest.mark.skipif(OPENSSL is None, reason="openssl is not installed")
def test_openssl_verifies_it_and_refuses_another_message_or_root(authority, tmp_path):
    roots, strange = tmp_path / "roots.pem", tmp_path / "strange.pem"
    roots.write_bytes(authority.root.public_bytes(Encoding.PEM))
    strange.write_bytes(make_authority(NOW).root.public_bytes(Encoding.PEM))
    response = answer_query(query_for(MESSAGE).as_bytes(), authority, NOW)
    assert openssl_verifies(tmp_path, response, MESSAGE, roots)
    assert not openssl_verifies(tmp_path, response, MESSAGE + b"x", roots)
    assert not openssl_verifies(tmp_path, response, MESSAGE, strange)


def test_the_certificate_is_enclosed_when_asked_for_and_no_number_returns(authority):
    def told(request):
        return decode_timestamp_response(answer_query(request.as_bytes(), authority, NOW))

    asked, unasked = told(query_for(MESSAGE)), told(query_for(MESSAGE, cert_req=False, nonce=False))
    assert len(asked.signed_data.certificates) == 1
    assert len(unasked.signed_data.certificates) == 0
    assert unasked.tst_info.nonce is None
    assert asked.tst_info.serial_number != unasked.tst_info.serial_number


def query(**changes) -> bytes:
    imprint = {"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": sha256(b"x").digest()}
    return tsp.TimeStampReq({"version": 1, "message_imprint": imprint, **changes}).dump()


def imprint(algorithm: str, digest: bytes):
    return {"hash_algorithm": {"algorithm": algorithm}, "hashed_message": digest}


@pytest.mark.parametrize(
    ("asked", "failure"),
    [
        (query(), None),
        (query(req_policy="2.999.3161.1"), None),
        (query(req_policy="1.2.3"), "unaccepted_policy"),
        (query(version=2), "bad_request"),
        (query(message_imprint=imprint("sha1", sha1(b"x").digest())), "bad_alg"),
        (query(message_imprint=imprint("sha256", b"x" * 31)), "bad_data_format"),
        (
            query(extensions=[{"extn_id": "1.2.3", "extn_value": b"x"}]),
            "unaccepted_extensions",
        ),
        (b"", "bad_data_format"),
        (b"0\x82", "bad_data_format"),
        (b"\xff" * 300, "bad_data_format"),
        (query()[:-1], "bad_data_format"),
        (query() + b"\x00", "bad_data_format"),
    ],
)
def test_what_cannot_be_stamped_is_refused_by_the_name_of_its_fault(authority, asked, failure):
    reply = Reply.load(answer_query(asked, authority, NOW), strict=True).native
    if failure is None:
        assert reply["status"]["status"] == "granted"
    else:
        assert reply["status"]["status"] == "rejection"
        assert reply["status"]["fail_info"] == {failure}
        assert reply["time_stamp_token"] is None


def test_the_authority_is_made_once_and_its_key_is_its_owners_alone(tmp_path):
    folder = tmp_path / "a" / "kept"
    with ThreadPoolExecutor(4) as many:
        made = list(many.map(lambda _n: open_authority(folder, NOW), range(4)))
    assert len({one.certificate for one in made}) == 1
    assert stat.S_IMODE((folder / KEY_FILE).stat().st_mode) == 0o600
    assert [path.name for path in folder.parent.iterdir()] == ["kept"]
    assert open_authority(folder, NOW + timedelta(days=9)).certificate == made[0].certificate


def test_over_http_a_query_is_stamped_and_a_visitor_gets_the_root(server):
    client = Client(server)
    stamped = client.post("/", data=query_for(MESSAGE).as_bytes(), content_type=QUERY)
    assert (stamped.status_code, stamped.mimetype) == (200, REPLY)
    assert decode_timestamp_response(stamped.data).status == 0
    assert client.get("/").data == (server.folder / ROOT_FILE).read_bytes()


def test_over_http_what_is_no_query_is_refused(server):
    client = Client(server)
    assert client.post("/", data=b"x").status_code == 415
    assert client.post("/", data=b"x" * 5000, content_type=QUERY).status_code == 413
    assert client.put("/", data=b"x").status_code == 405


@pytest.mark.services
def test_it_runs_by_itself_and_keeps_its_certificate(tmp_path):
    port = free_port()
    folder = tmp_path / "kept"
    command = [
        *(sys.executable, "-m", "bidding.timestamp_server"),
        *("--listen", f"127.0.0.1:{port}", "--folder", folder),
    ]
    url = f"http://127.0.0.1:{port}/"
    seen = set()
    for _start in range(2):
        with Process("stamps", command, folder=tmp_path, is_ready=lambda: answers_ok(url)):
            token, _at = fetch_token(StampAuthority(url, folder / ROOT_FILE), MESSAGE)
            assert token
            seen.add((folder / ROOT_FILE).read_bytes())
    assert len(seen) == 1


def test_a_bad_address_to_listen_on_is_told_in_one_line(tmp_path):
    done = subprocess.run(
        [BIN / "python", "-m", "bidding.timestamp_server", "--listen", "x", "--folder", tmp_path],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].endswith("--listen takes HOST:PORT, not x")
