"""A recorded court sale: `bids.csv` with one line a bid, `lots.csv` beside it.

lot,seq,time,bidder_code,price_cny,status
lot,…,inferred_increment,…,scheduled_start_inferred,scheduled_end_inferred,…
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path


class Unreadable(Exception):
    """The file is not a recorded sale; the message says where and why."""


@dataclass(frozen=True)
class RecordedBid:
    """One bid, so long after the sale opened."""

    after: timedelta
    bidder: str
    amount_minor: int


@dataclass(frozen=True)
class RecordedSale:
    """One lot of the file."""

    lot: str
    start_price_minor: int
    increment_minor: int
    length: timedelta
    bids: tuple[RecordedBid, ...]

    @property
    def bidders(self) -> list[str]:
        """Everybody who bid, in the order of the first bid."""
        return list(dict.fromkeys(bid.bidder for bid in self.bids))


def read_sale(bids_file: Path, lot: str | None) -> RecordedSale:
    """The sale of `lot`, or of the first lot of the file; raises Unreadable."""
    rows = _read(bids_file, {"lot", "seq", "time", "bidder_code", "price_cny"})
    wanted = lot or rows[0]["lot"]
    lots = _read(bids_file.with_name("lots.csv"), {"lot", "inferred_increment"})
    about = next((row for row in lots if row["lot"] == wanted), None)
    own = sorted((row for row in rows if row["lot"] == wanted), key=lambda row: int(row["seq"]))
    if about is None or not own:
        raise Unreadable(f"there is no lot {wanted} in {bids_file}")
    opened, closed = (
        _moment(about.get(name, ""), f"lots.csv, {wanted}, {name}")
        for name in ("scheduled_start_inferred", "scheduled_end_inferred")
    )
    bids = tuple(_bid(row, opened, bids_file) for row in own)
    return RecordedSale(
        lot=wanted,
        start_price_minor=bids[0].amount_minor,
        increment_minor=_fen(about["inferred_increment"], f"lots.csv, {wanted}"),
        length=closed - opened,
        bids=bids,
    )


def _bid(row: dict[str, str], opened: datetime, file: Path) -> RecordedBid:
    where = f"{file.name}, {row['lot']} {row['seq']}"
    after = _moment(row["time"], where) - opened
    if after < timedelta(0):
        raise Unreadable(f"{where}: before the opening")
    return RecordedBid(after, row["bidder_code"], _fen(row["price_cny"], where))


def _read(path: Path, columns: set[str]) -> list[dict[str, str]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise Unreadable(f"{path}: {error}") from None
    if not rows or not columns <= rows[0].keys():
        raise Unreadable(f"{path}: needs the columns {', '.join(sorted(columns))}")
    return rows


def _moment(text: str, where: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Unreadable(f"{where}: {text!r} is not a moment") from None
    if moment.tzinfo is None:
        raise Unreadable(f"{where}: {text!r} has no zone")
    return moment


def _fen(text: str, where: str) -> int:
    try:
        fen = Decimal(text) * 100
    except InvalidOperation:
        raise Unreadable(f"{where}: {text!r} is not an amount") from None
    if fen != int(fen) or fen <= 0:
        raise Unreadable(f"{where}: {text!r} is not an amount in yuan and fen")
    return int(fen)
