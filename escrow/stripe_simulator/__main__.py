"""`python -m escrow.stripe_simulator --port 8500 --store FILE …` serves the simulator by itself."""

from __future__ import annotations

import argparse
import logging
from datetime import UTC, datetime

from werkzeug.serving import run_simple

from escrow.stripe_simulator.app import DEFAULT_MERCHANT, create_simulator


def main() -> None:
    """The simulator runs until it is interrupted."""
    parser = argparse.ArgumentParser(prog="python -m escrow.stripe_simulator", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--store", required=True, help="the SQLite file that keeps everything")
    parser.add_argument("--webhook-url", help="where events are posted")
    parser.add_argument("--webhook-secret", default="whsec_play_money")
    parser.add_argument("--api-key", default="sk_test_play_money")
    parser.add_argument("--public-base", help="where browsers reach it; default http://HOST:PORT")
    parser.add_argument("--merchant", default=DEFAULT_MERCHANT)
    given = parser.parse_args()
    logging.basicConfig(level=logging.INFO)
    simulator = create_simulator(
        given.store,
        clock=lambda: datetime.now(UTC),
        webhook_url=given.webhook_url,
        webhook_secret=given.webhook_secret,
        api_key=given.api_key,
        public_base=given.public_base or f"http://{given.host}:{given.port}",
        merchant=given.merchant,
        deliver=True,
    )
    try:
        run_simple(given.host, given.port, simulator, threaded=True)
    finally:
        simulator.close()


if __name__ == "__main__":
    main()
