"""The benchmarks' own arithmetic and wire: a wrong ruler measures nothing."""

from __future__ import annotations

import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar
from urllib.parse import parse_qs

import pytest

from bench.__main__ import BENCHMARKS, parse_arguments
from bench.crowd import _seq_of
from bench.figures import percentiles
from bench.load import Line, frame_of, unmask
from bench.peer import GREATEST_PEER_BID, find_peer, fish_auctions, send_bids
from bench.processes import overtaken_share
from bench.tables import TABLES
from bidding.room import line as product


def test_percentiles_are_milliseconds_of_the_ordered_times():
    times = [n / 1000 for n in range(1000, 0, -1)]
    assert percentiles(times) == {"p50": 501, "p99": 991, "p99.9": 1000, "max": 1000}
    assert percentiles([]) == {}


@pytest.mark.parametrize("size", [0, 125, 126, 65_000])
def test_what_one_side_writes_the_other_reads_whole_whatever_the_pieces(size):
    ours, theirs = socket.socketpair()
    text = b"x" * size
    for frame, take in ((frame_of(text), unmask), (product.frame_of(text), Line.take)):
        line = Line(0, ours)
        heard = []
        for byte in (frame * 2)[:-1]:
            line.buffer.append(byte)
            heard += take(line)
        assert heard == [text]
        line.buffer.append((frame * 2)[-1])
        assert take(line) == [text]
    ours.close()
    theirs.close()


def test_a_frame_tells_the_number_of_its_last_bid():
    assert _seq_of(b'42["lot",{"lot":"L","seq":17,"state":{"seq":18}}]') == 17
    assert _seq_of(b'431[{"seq":3}]') is None


def test_only_who_is_overtaken_by_a_clearly_later_bid_counts():
    runs = [
        {"all_answers": 6, "overtaken": [0.001, 0.0099]},
        {"all_answers": 4, "overtaken": [0.02]},
    ]
    assert overtaken_share(runs) == 0.1


def test_every_benchmark_has_a_table_and_a_wrong_name_is_refused(capsys):
    assert BENCHMARKS.keys() == TABLES.keys()
    assert parse_arguments(["ends", "--sales", "10"]).names == ["ends"]
    with pytest.raises(SystemExit):
        parse_arguments(["nothing"])
    assert "no such benchmark: nothing" in capsys.readouterr().err


def test_without_its_address_there_is_no_peer(monkeypatch):
    monkeypatch.delenv("PEER_URL", raising=False)
    assert find_peer() is None


class Peer(BaseHTTPRequestHandler):
    """Answers as iragm/fishauctions is documented to: always 200, the outcome in `type`."""

    protocol_version = "HTTP/1.1"
    heard: ClassVar[list[tuple[str, str | None, list[str]]]] = []

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.heard.append((self.path, self.headers["Authorization"], parse_qs(body)["bid"]))
        answer = b'{"type":"ERROR"}' if len(self.heard) % 2 else b'{"type":"NEW_HIGH_BIDDER"}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_args):
        """Says nothing."""


def test_bids_reach_a_peer_as_its_form_asks_in_the_bidders_name():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Peer)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        url = f"http://127.0.0.1:{server.server_port}"
        figures = send_bids(fish_auctions(url, "5", ["first"]), seconds=0.2)
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()
    assert figures["decided"] == len(Peer.heard) > 1
    assert figures["accepted"] == figures["decided"] // 2
    paths, names, amounts = zip(*Peer.heard, strict=True)
    assert set(paths) == {"/api/lots/5/bid/"}
    assert set(names) == {"Token first"}
    assert [a for [a] in amounts][:2] == ["1", "2"]
    request = fish_auctions("", "5", ["first"]).write(0, 10**9)
    assert request.body == f"bid={GREATEST_PEER_BID}".encode()
