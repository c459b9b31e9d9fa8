"""`python -m bidding.witness …` countersigns the bid logs of a court until it is stopped."""

from __future__ import annotations

import argparse
import json
import logging
import signal
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from urllib.request import urlopen

from bidding.evidence.notes import NoteError, parse_verifier
from bidding.witness.keys import Cosigner, KeyFileError, Trust, make_key_file, read_key_file
from bidding.witness.memory import Memory
from bidding.witness.server import WitnessServer
from bidding.witness.service import Witness

FETCH_SECONDS = 10
LONGEST_LOG = 64 * 1024 * 1024


class Unusable(Exception):
    """What was given cannot be worked with; the message says why, in one line."""


def main(words: Sequence[str] | None = None) -> int:
    """Serve, or print the contradictions kept; 2 for what cannot be worked with."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    given = _parser().parse_args(words)
    try:
        if given.contradictions:
            return print_contradictions(given.state)
        witness = set_up(given)
    except (Unusable, KeyFileError, NoteError, OSError) as error:
        print(f"witness: {error}", file=sys.stderr)
        return 2
    return serve(witness, given.listen)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bidding.witness", description=__doc__)
    parser.add_argument("--listen", default="127.0.0.1:8319", help="HOST:PORT")
    parser.add_argument("--state", type=Path, required=True, help="file of what was signed")
    parser.add_argument("--key", type=Path, help="file of the private key; made if it is not there")
    parser.add_argument(
        "--name", help="the witness's name, for a new key: witness.court.example/w1"
    )
    parser.add_argument(
        *("--platform",),
        action="append",
        default=[],
        metavar="HOST=KEY",
        help="stand by every sale of this host; the key as `flask evidence keys` prints it",
    )
    parser.add_argument(
        *("--log",),
        action="append",
        default=[],
        metavar="KEY|URL",
        help="stand by one log: its verifier key, or the address of its file (asked once, ever)",
    )
    parser.add_argument(
        "--contradictions",
        action="store_true",
        help="print the checkpoints kept as evidence against a log, exit 1 if there are any",
    )
    return parser


def set_up(given: argparse.Namespace) -> Witness:
    """The witness with its key, its memory and whom it trusts."""
    if given.key is None:
        raise Unusable("--key names the file of the private key")
    is_first = not given.state.exists()
    if given.key.exists() and is_first:
        raise Unusable(
            f"{given.key} has signed before, but {given.state} is not there: a witness that has "
            "forgotten what it signed could sign a second history. Bring the file back, or make "
            "a new key and have it configured"
        )
    memory = Memory(given.state)
    if not given.key.exists():
        if not given.name:
            raise Unusable("--name gives the new key's name, such as witness.court.example/w1")
        make_key_file(given.key, given.name)
    cosigner = read_key_file(given.key)
    if given.name and given.name != cosigner.name:
        raise Unusable(f"{given.key} is the key of {cosigner.name}, not of {given.name}")
    trust = _set_up_trust(given.platform, given.log, memory)
    return Witness(cosigner, trust, memory, lambda: int(time.time()))


def _set_up_trust(platforms: list[str], logs: list[str], memory: Memory) -> Trust:
    trust = Trust()
    named = ""
    try:
        for named in platforms:
            trust.add_platform(named)
        for named in logs:
            trust.add_log(key_of_log(named, memory))
    except (NoteError, OSError) as error:
        raise Unusable(f"{named}: {error}") from error
    if not trust.logs and not trust.platforms:
        raise Unusable("--platform or --log names whose checkpoints to countersign")
    return trust


def key_of_log(named: str, memory: Memory) -> str:
    """The key given, or the one that an address gave when it was first asked."""
    if not named.startswith(("http://", "https://")):
        return named
    with memory.transaction() as known:
        key = known.key_fetched_from(named)
    if key is not None:
        return key
    key = _fetch_key(named)
    with memory.transaction() as known:
        known.remember_key(named, key)
    print(f"{named} is signed with {key}: compare this with what the court has published")
    return key


def _fetch_key(address: str) -> str:
    with urlopen(address, timeout=FETCH_SECONDS) as answer:  # noqa: S310  # http(s), the caller's
        text = answer.read(LONGEST_LOG)
    try:
        told = json.loads(text)
        key, origin = str(told["key"]), told["origin"]
    except (ValueError, KeyError, TypeError):
        raise Unusable(f"{address} is not the file of a bid log") from None
    if parse_verifier(key).name != origin:
        raise Unusable(f"{address} gives another log's key")
    return key


def print_contradictions(state: Path) -> int:
    """Each checkpoint that was refused, and the one it stands against."""
    if not state.exists():
        raise Unusable(f"{state} is not there")
    with Memory(state).transaction() as memory:
        found = memory.contradictions()
    for one in found:
        moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(one.at))
        print(f"== {one.kind} {moment}\n{one.note}-- against\n{one.against}")
    return 1 if found else 0


def serve(witness: Witness, listen: str) -> int:
    """Answer until interrupted."""
    host, _, port = listen.rpartition(":")
    if not host or not port.isdigit() or int(port) > 65535:
        print(f"witness: --listen takes HOST:PORT, not {listen}", file=sys.stderr)
        return 2
    try:
        server = WitnessServer((host, int(port)), witness)
    except OSError as error:
        print(f"witness: {listen}: {error}", file=sys.stderr)
        return 2
    address = f"http://{host}:{server.port}"
    print(
        f"witness on {address}; give the court\n{_setting(witness.cosigner, address)}", flush=True
    )
    signal.signal(signal.SIGTERM, lambda *_given: sys.exit(0))
    with server, suppress(KeyboardInterrupt):
        server.serve_forever()
    return 0


def _setting(cosigner: Cosigner, address: str) -> str:
    return f"WITNESS_URLS={cosigner.verifier}@{address}"


if __name__ == "__main__":
    sys.exit(main())
