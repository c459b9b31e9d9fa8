"""A sale that cannot be decided, on real processes in real time: answered soon, then suspended."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
import requests
from court_in_session import CourtInSession, RunningSale
from processes import Deployment, wait_until

pytestmark = pytest.mark.services

# Two seconds are promised; the rest is the way there and back on a machine that is busy.
ANSWERED_WITHIN = 3.0
OUTAGE = 5.0


@contextmanager
def locked_by_a_stranger(deployment: Deployment, sale: RunningSale) -> Iterator[None]:
    """Something outside holds the sale's row, so that nothing can be decided in it."""
    url = deployment.settings["DATABASE_URL"].replace("+psycopg", "")
    with psycopg.connect(url) as connection:
        connection.execute("SELECT 1 FROM sale_head WHERE sale_id = %s FOR UPDATE", [sale.sale_id])
        yield


def test_an_outage_is_answered_in_time_and_ends_in_a_suspension_that_all_hear_of(
    court: CourtInSession, deployment: Deployment
):
    with court.open_sale() as sale:
        bidders = [sale.seat_bidder(0), sale.seat_bidder(1)]
        watcher = sale.seat_watcher()
        assert sale.bid(bidders[0].socket, 1)["accepted"] is True
        with locked_by_a_stranger(deployment, sale):
            began = time.monotonic()
            over_socket = sale.bid(bidders[1].socket, 2, seconds=ANSWERED_WITHIN)
            assert (over_socket["accepted"], over_socket["reason"]) == (False, "unavailable")
            over_http = sale.bid_over_http(bidders[0].browser, 3)
            assert (over_http.status_code, over_http.json()["reason"]) == (503, "unavailable")
            assert over_http.headers["Retry-After"]
            wait_until(lambda: time.monotonic() - began > OUTAGE + 0.5, 10, "the outage")
        watcher.wait_for(lambda: watcher.status() == "suspended", 10, "the suspension")
        # What was answered `unavailable` was not recorded later.
        assert watcher.seqs() == [1]
        assert sale.bid(bidders[1].socket, 2)["reason"] == "suspended"
        page = requests.get(f"{sale.url}/lots/{sale.lot}", timeout=10).text
        assert "平台故障，暂时无法受理出价" in page
        for bidder in bidders:
            assert "拍卖已暂缓" in bidder.browser.get(f"{sale.url}/me/messages", timeout=10).text
