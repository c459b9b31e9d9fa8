"""A log begins at publication, with the terms that no later entry can change (CN16-27.1)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import current_app
from sqlalchemy import select

from auction.core.bulk import insert_rows
from auction.core.db import db
from auction.notices.models import Document, DocumentKind
from auction.sales.models import Sale
from auction.sales.rulepacks import hash_rule_pack
from bidding.engine import SaleTerms, format_instant
from bidding.evidence.keys import current_key, signer_of
from bidding.evidence.lines import VERSION, describe_terms, write_line
from bidding.evidence.merkle import Frontier, hash_leaf
from bidding.evidence.models import LogEntry, LogRoot, SaleLog

_entry: Any = LogEntry.__table__
_root: Any = LogRoot.__table__


def make_genesis(sale: Sale, terms: SaleTerms, now: datetime) -> tuple[SaleLog, str]:
    """The new log of a sale and its first line; nothing is written yet."""
    key = current_key(now)
    host = current_app.extensions["luochui.settings"].public_host
    origin = f"{host}/sale/{sale.number}"
    signer = signer_of(origin, key.private_sealed or "")
    line = write_line(
        {
            "v": VERSION,
            "sale": sale.number,
            "n": 0,
            "at": format_instant(min(now, terms.opens_at)),
            "type": "open",
            "lot": sale.lot.number,
            "terms": describe_terms(terms),
            "announcement": _hash_announcement(sale),
            "rules": hash_rule_pack(sale.rule_pack),
            "key": str(signer.verifier),
        }
    )
    return SaleLog(sale_id=sale.id, origin=origin, key_id=key.id, codes={}), line


def write_genesis(log: SaleLog, line: str) -> None:
    """Begin the log, after its sale's head."""
    db.session.add(log)
    db.session.flush()
    connection = db.session.connection()
    insert_rows(connection, _entry, [{"sale_id": log.sale_id, "n": 0, "line": line}])
    root = {"sale_id": log.sale_id, "size": 1, "root": begin_frontier(line).root()}
    insert_rows(connection, _root, [root])


def begin_frontier(line: str) -> Frontier:
    """Where the log stands after its first line; it goes into the sale's head."""
    frontier = Frontier()
    frontier.append(hash_leaf(line.encode()))
    return frontier


def _hash_announcement(sale: Sale) -> str | None:
    """SHA-256 of the published announcement; a sale without one says so."""
    return db.session.scalar(
        select(Document.sha256)
        .where(Document.sale_id == sale.id, Document.kind == DocumentKind.ANNOUNCEMENT)
        .order_by(Document.id.desc())
        .limit(1)
    )
