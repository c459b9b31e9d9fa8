"""The demonstration court has its time stamped by a server of its own, which no real court uses."""

from __future__ import annotations

from conftest import browser
from cryptography.hazmat.primitives.serialization import Encoding
from rfc3161_client import decode_timestamp_response
from stamping import query_for

from bidding.evidence.stamps import stamp_authority
from bidding.timestamp_server.app import QUERY
from bidding.timestamp_server.authority import ROOT_FILE, make_authority
from escrow.demo.stamps import local_timestamps, stamp_folder


def test_the_server_is_mounted_in_demo_mode_alone(make_app, clock):
    with_demo, without = make_app(DEMO="1"), make_app()
    query = query_for(b"x").as_bytes()
    answer = browser(with_demo).post("/timestamp-server", data=query, content_type=QUERY)
    response = decode_timestamp_response(answer.data)
    assert response.tst_info.gen_time == clock.now()
    with with_demo.app_context():
        assert stamp_authority().url == "http://luochui.test/timestamp-server"
        assert stamp_authority().roots == stamp_folder(with_demo) / ROOT_FILE
    assert browser(without).get("/timestamp-server").status_code == 404
    with without.app_context():
        assert stamp_authority() is None


def test_a_command_makes_no_keys(make_app, tmp_path):
    app = make_app(DEMO="1")
    assert stamp_folder(app).parent == tmp_path
    assert not stamp_folder(app).exists()


def test_an_authority_that_is_named_takes_its_place(make_app, clock, tmp_path):
    roots = tmp_path / "roots.pem"
    roots.write_bytes(make_authority(clock.now()).root.public_bytes(Encoding.PEM))
    app = make_app(DEMO="1", TSA_URL="https://stamps.example/tsa", TSA_ROOTS=str(roots))
    assert browser(app).get("/timestamp-server").status_code == 404
    with app.app_context():
        assert stamp_authority().url == "https://stamps.example/tsa"
        with local_timestamps(app, clock) as local:
            assert stamp_authority() is local
        assert stamp_authority().url == "https://stamps.example/tsa"
