"""`make run` as a person uses it: load, serve, bid a recorded sale, pay, stop with Ctrl-C."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest
from live_client import Socket, sign_in
from processes import BIN, ROOT, answers_ok, free_port, wait_until

from escrow.demo.people import PASSWORD, mail_of

pytestmark = pytest.mark.services

LOAD_SECONDS = 240  # some fifteen on a machine that does nothing else
BIDS = """lot,seq,time,bidder_code,price_cny,status
SZ-X,1,2026-05-25T10:00:06+08:00,B4085,100000.94,outbid
SZ-X,2,2026-05-25T10:02:33+08:00,Z1420,100500.94,outbid
SZ-X,3,2026-05-26T10:04:00+08:00,B4085,101000.94,won
"""
LOTS = """lot,inferred_increment,scheduled_start_inferred,scheduled_end_inferred
SZ-X,500,2026-05-25T10:00:00+08:00,2026-05-26T10:00:00+08:00
"""


class Running:
    """The demonstration as `make run` starts it, in a process group of its own like a terminal's."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder / "run.log"
        self.env = {
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
            "PORT": str(self.port),
            "PUBLIC_URL": self.url,
            "DATABASE_URL": f"sqlite:///{folder / 'demo.db'}",
            "UPLOAD_DIR": str(folder / "files"),
            "DEMO": "1",
        }
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "tools/run_demo.py"],
                cwd=ROOT,
                env=self.env,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def interrupt(self) -> int:
        """Ctrl-C; the exit status."""
        os.killpg(self.process.pid, signal.SIGINT)
        return self.process.wait(30)

    def end(self) -> None:
        """Whatever is left of it is ended."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(10)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    demo = Running(tmp_path_factory.mktemp("run"))
    try:
        wait_until(lambda: answers_ok(f"{demo.url}/readyz"), LOAD_SECONDS, "loading and serving")
        yield demo
    finally:
        demo.end()


def read(url: str):
    with urlopen(url, timeout=10) as answer:
        return json.load(answer)


@pytest.mark.timeout(LOAD_SECONDS + 60)
def test_it_says_where_it_is_served_and_who_may_come_in(running):
    said = running.log.read_text()
    assert running.url in said
    assert "clerk@demo.example" in said
    assert PASSWORD in said


def test_the_practice_sale_is_open_and_takes_a_bid_over_a_websocket(running):
    lots = read(f"{running.url}/api/v1/lots?per_page=100")["lots"]
    titles = {lot["title"]: lot["number"] for lot in lots if lot["practice"]}
    number = next(number for title, number in titles.items() if "一号院" in title)
    lot = read(f"{running.url}/api/v1/lots/{number}")
    assert lot["sale"]["rule_pack"] == "practice"
    wait_until(
        lambda: read(f"{running.url}/api/v1/lots/{number}")["state"]["status"] == "open", 10, "open"
    )
    person = sign_in(running.url, mail_of("bidder3"), PASSWORD)
    socket = Socket(running.url, person.cookies.get_dict())
    try:
        minimum = lot["state"]["minimum"]
        answer = socket.ask("bid", {"lot": number, "amount": minimum, "key": "first"})
        assert (answer["accepted"], answer["receipt"]["amount"]) == (True, minimum)
    finally:
        socket.close()


def test_a_recorded_sale_is_bid_again_by_real_bidders(running, tmp_path):
    (tmp_path / "bids.csv").write_text(BIDS, encoding="utf-8")
    (tmp_path / "lots.csv").write_text(LOTS, encoding="utf-8")
    words = ["--app", "wsgi", "demo", "replay", str(tmp_path / "bids.csv"), "--speed", "40000"]
    done = subprocess.run(
        [BIN / "flask", *words],
        check=False,
        cwd=ROOT,
        env=running.env,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 of 3 bids accepted" in done.stdout
    number = done.stdout.splitlines()[0].rsplit("/", 1)[-1]
    bids = read(f"{running.url}/api/v1/lots/{number}/bids")["bids"]
    assert [bid["amount"] for bid in bids] == [10_000_094, 10_050_094, 10_100_094]


def test_ctrl_c_stops_it_without_a_trace(running):
    assert running.interrupt() == 0
    assert "Traceback" not in running.log.read_text()
    assert not answers_ok(f"{running.url}/healthz")


def test_a_taken_port_is_said_in_one_line():
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = subprocess.run(
            [sys.executable, "tools/run_demo.py"],
            check=False,
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], "PORT": port},
            capture_output=True,
            text=True,
            timeout=30,
        )
    assert done.returncode != 0
    assert done.stderr.strip().splitlines() == [
        f"port {port} is taken: stop what uses it, or run with another PORT=…"
    ]
