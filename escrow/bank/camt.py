"""Read ISO 20022 account statements (camt.053) and notices of movements (camt.054), any version.

Chinese accounts have no IBAN: an account is whatever `Id/IBAN` or `Id/Othr/Id` says. Only booked
entries count; a collective entry is taken apart where its parts add up to it. The file is read
entry by entry: what has been read is forgotten.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any, BinaryIO

from lxml import etree

from escrow.bank.parsed import (
    Event,
    Fault,
    ParsedLine,
    Side,
    StatementBegin,
    StatementEnd,
    StatementRefused,
    amount_fault,
    tell,
    to_minor,
)

_NAMESPACE = re.compile(r"urn:iso:std:iso:20022:tech:xsd:camt\.05[34]\.001\.\d\d")
_SIDES = {"CRDT": Side.CREDIT, "DBIT": Side.DEBIT}
_CHUNK = 65_536
# All of these write a `<` as one byte, and none of their longer characters contains it.
_ENCODINGS = {
    b"utf-8", b"us-ascii", b"ascii", b"iso-8859-1", b"iso-8859-15", b"windows-1252",
    b"gbk", b"gb2312", b"gb18030",
}  # fmt: skip
_DECLARED = re.compile(rb"""^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,30})["']""")
_BEFORE_ROOT = re.compile(rb"\s+|<\?.*?\?>|<!--.*?-->", re.DOTALL)
_PROLOG_LIMIT = 65_536


def read_camt(stream: BinaryIO) -> Iterator[Event]:
    """All statements of the message, line by line; raises StatementRefused.

    A DOCTYPE is refused before the parser sees it, nothing is fetched, no entity is resolved.
    """
    head = stream.read(_PROLOG_LIMIT)
    _check_prolog(head)
    parser = etree.XMLPullParser(
        events=("start", "end"),
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
    )
    reader = _Reader()
    chunk = head
    try:
        while chunk:
            parser.feed(chunk)
            for action, node in parser.read_events():
                yield from reader.see(action, node)
            chunk = stream.read(_CHUNK)
        parser.close()
        for action, node in parser.read_events():
            yield from reader.see(action, node)
    except etree.XMLSyntaxError as error:
        line = error.lineno or next((entry.line for entry in parser.feed_error_log), 1)
        raise StatementRefused([Fault("not-xml", line)]) from None
    if not reader.has_statement:
        raise StatementRefused([Fault("no-statement", 1)])


def _check_prolog(head: bytes) -> None:
    """Look through what stands before the root element, as bytes."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\x00" in head:
        raise StatementRefused([Fault("bad-encoding", 1)])
    head = head.removeprefix(b"\xef\xbb\xbf")
    declared = _DECLARED.match(head)
    if declared and declared.group(1).lower() not in _ENCODINGS:
        raise StatementRefused([Fault("bad-encoding", 1, declared.group(1).decode())])
    at = 0
    while (found := _BEFORE_ROOT.match(head, at)) is not None and found.end() > at:
        at = found.end()
    if head.startswith(b"<!", at):
        line = head.count(b"\n", 0, at) + 1
        code = "doctype" if head[at : at + 9].upper() == b"<!DOCTYPE" else "not-xml"
        raise StatementRefused([Fault(code, line)])


class _Reader:
    """Reads one message; keeps its namespace and the statement it is in."""

    def __init__(self) -> None:
        self.space = ""
        self.has_statement = False
        self.is_advice = False
        self.skipped: list[int] = []
        self.currency = ""
        self.faults: list[Fault] = []

    def see(self, action: str, node: Any) -> Iterator[Event]:
        """Take in one event of the parser."""
        if action == "start":
            if not self.space:
                self._root(node)
            return
        if not isinstance(node.tag, str):
            return
        name = etree.QName(node).localname
        parent = node.getparent()
        above = "" if parent is None else etree.QName(parent).localname
        if name == "Acct" and above in {"Stmt", "Ntfctn"}:
            yield StatementBegin(self._account(parent))
        elif name == "Ntry" and above in {"Stmt", "Ntfctn"}:
            yield from self._entry(node)
            _forget(node)
        elif name in {"Stmt", "Ntfctn"}:
            self.has_statement = True
            yield from self._end(node)
            _forget(node)

    def _root(self, root: Any) -> None:
        name = etree.QName(root)
        space = name.namespace or ""
        if name.localname != "Document" or not _NAMESPACE.fullmatch(space):
            raise StatementRefused([Fault("not-camt053", root.sourceline or 1, tell(space))])
        if root.getroottree().docinfo.internalDTD is not None:
            raise StatementRefused([Fault("doctype", 1)])
        self.space, self.is_advice = space, ".054." in space

    def _account(self, node: Any) -> str:
        places = ("IBAN", "Othr/Id", "PrtryAcct/Id", "BBAN")
        found = (self.text(node, f"Acct/Id/{place}") for place in places)
        return next(filter(None, found), "")

    def _end(self, node: Any) -> Iterator[Event]:
        """The statement's own words, once all its entries are read."""
        line = node.sourceline or 0
        account = self._account(node)
        if not account:
            yield Fault("no-account", line)
        balances = _Balances(self, node)
        closing_at = balances.closing_line or line
        yield from self.take_faults()
        yield StatementEnd(
            account=account,
            currency=self.text(node, "Acct/Ccy") or balances.currency or self.currency or "CNY",
            line=closing_at,
            opening_minor=None if self.is_advice else balances.opening_minor,
            closing_minor=None if self.is_advice else balances.closing_minor,
            label=self.text(node, "Id"),
            first_day=self.day(node, "FrToDt/FrDtTm") or balances.opened_on,
            last_day=self.day(node, "FrToDt/ToDtTm") or balances.closed_on,
            is_advice=self.is_advice,
            skipped=tuple(self.skipped),
        )
        self.skipped, self.currency = [], ""

    def take_faults(self) -> list[Fault]:
        """What was found wrong since the last time."""
        found, self.faults = self.faults, []
        return found

    def _entry(self, node: Any) -> Iterator[Event]:
        """One booked entry: its parts where they add up to it, else the entry as one line."""
        status = self.text(node, "Sts/Cd") or self.text(node, "Sts") or "BOOK"
        if status != "BOOK":
            self.skipped.append(node.sourceline)
            return
        whole = self.line(node)
        yield from self.take_faults()
        if whole is None:
            return
        self.currency = self.currency or whole.currency
        parts = list(node.iterfind(self.path("NtryDtls/TxDtls")))
        if len(parts) <= 1:
            detail = parts[0] if parts else node
            own = whole.entry_ref or (self.text(detail, "Refs/AcctSvcrRef") if parts else "")
            yield replace(self.about(whole, node, detail), entry_ref=own)
            return
        lines = [self.part(whole, node, part, at) for at, part in enumerate(parts, start=1)]
        told = [line for line in lines if line is not None]
        if len(told) == len(lines) and sum(p.signed_minor for p in told) == whole.signed_minor:
            yield from told
        else:
            yield replace(self.about(whole, node, parts[0]), number=whole.number)

    def line(self, node: Any) -> ParsedLine | None:
        """What the entry itself says; None with a fault where it cannot be read."""
        number = node.sourceline or 0
        amount, side, day = self.text(node, "Amt"), self.side(node), self.booked_on(node)
        minor = self.amount(node, "Amt")
        currency = self.currency_of(node, "Amt")
        if minor is None:
            self.faults.append(Fault(_unsigned_fault(amount), number, tell(amount)))
        if side is None:
            told = tell(self.text(node, "CdtDbtInd"))
            self.faults.append(Fault("bad-direction", number, told))
        if day is None:
            self.faults.append(Fault("bad-date", number))
        if not currency:
            self.faults.append(Fault("no-currency", number))
        if not minor or side is None or day is None or not currency:
            return None  # an entry of nothing moves nothing
        return ParsedLine(
            number=number,
            side=side,
            amount_minor=minor,
            currency=currency,
            booked_on=day,
            entry_ref=self.text(node, "AcctSvcrRef"),
            is_reversal=self.text(node, "RvslInd") in {"true", "1"},
        )

    def part(self, whole: ParsedLine, entry: Any, detail: Any, at: int) -> ParsedLine | None:
        """One part of a collective entry, under a reference of its own."""
        for where in ("Amt", "AmtDtls/TxAmt/Amt"):
            if not self.text(detail, where):
                continue
            minor = self.amount(detail, where)
            if not minor or self.currency_of(detail, where) != whole.currency:
                return None
            own = self.text(detail, "Refs/AcctSvcrRef")
            if own == whole.entry_ref:
                own = ""
            return replace(
                self.about(whole, entry, detail),
                amount_minor=minor,
                side=self.side(detail) or whole.side,
                entry_ref=own or (whole.entry_ref and f"{whole.entry_ref}/{at}"),
                batch_ref=whole.entry_ref,
            )
        return None

    def about(self, line: ParsedLine, entry: Any, detail: Any) -> ParsedLine:
        """The line with who is on the other side, and what they wrote."""
        other = "Dbtr" if line.side is Side.CREDIT else "Cdtr"
        told = [node.text or "" for node in detail.iterfind(self.path("RmtInf/Ustrd"))]
        told += [
            node.text or "" for node in detail.iterfind(self.path("RmtInf/Strd/CdtrRefInf/Ref"))
        ]
        told += [self.text(detail, "Refs/EndToEndId"), self.text(entry, "AddtlNtryInf")]
        party = f"RltdPties/{other}"
        return replace(
            line,
            number=detail.sourceline or line.number,
            payer_name=self.text(detail, f"{party}/Nm") or self.text(detail, f"{party}/Pty/Nm"),
            payer_account=self.text(detail, f"{party}Acct/Id/IBAN")
            or self.text(detail, f"{party}Acct/Id/Othr/Id"),
            payer_bank=self.text(detail, f"RltdAgts/{other}Agt/FinInstnId/Nm"),
            remittance=" ".join(part.strip() for part in told if part.strip()),
        )

    # ── small parts ─────────────────────────────────────────────────────────────────────────────

    def path(self, names: str) -> str:
        return "/".join(f"{{{self.space}}}{name}" for name in names.split("/"))

    def text(self, node: Any, names: str) -> str:
        found = node.find(self.path(names))
        return (found.text or "").strip() if found is not None else ""

    def amount(self, node: Any, where: str) -> int | None:
        """An amount carries no sign: its direction stands beside it."""
        minor = to_minor(self.text(node, where))
        return None if minor is None or minor < 0 else minor

    def currency_of(self, node: Any, where: str) -> str:
        found = node.find(self.path(where))
        return (found.get("Ccy") or "") if found is not None else ""

    def side(self, node: Any) -> Side | None:
        return _SIDES.get(self.text(node, "CdtDbtInd"))

    def booked_on(self, node: Any) -> date | None:
        for name in ("BookgDt", "ValDt"):
            for kind in ("Dt", "DtTm"):
                if self.text(node, f"{name}/{kind}"):
                    return self.day(node, f"{name}/{kind}")
        return None

    def day(self, node: Any, names: str) -> date | None:
        try:
            return date.fromisoformat(self.text(node, names)[:10])
        except ValueError:
            return None


class _Balances:
    """The opening and the closing balance of a statement, by what each says it is.

    Booked balances (OPBD, CLBD) first; the close of the day before for an opening (PRCD); of a
    statement in pages, the first and the last interim balance (ITBD).
    """

    def __init__(self, reader: _Reader, node: Any) -> None:
        self.reader = reader
        self.found: dict[str, list[Any]] = {}
        for balance in node.iterfind(reader.path("Bal")):
            code = reader.text(balance, "Tp/CdOrPrtry/Cd")
            self.found.setdefault(code, []).append(balance)
        interim = self.found.get("ITBD", [])
        pages = interim if len(interim) > 1 else []
        opening = self._first("OPBD", "PRCD", pages=pages[:1])
        closing = self._first("CLBD", pages=pages[-1:])
        self.currency = ""
        self.opening_minor, self.opened_on = self._read(opening)
        self.closing_minor, self.closed_on = self._read(closing)
        self.closing_line: int = 0 if closing is None else closing.sourceline

    def _first(self, *codes: str, pages: list[Any]) -> Any:
        named = (self.found[code][0] for code in codes if code in self.found)
        return next(itertools.chain(named, pages), None)

    def _read(self, balance: Any) -> tuple[int | None, date | None]:
        if balance is None:
            return None, None
        reader = self.reader
        minor, side = to_minor(reader.text(balance, "Amt")), reader.side(balance)
        if minor is None or side is None:
            told = tell(reader.text(balance, "Amt"))
            reader.faults.append(Fault("bad-balance", balance.sourceline, told))
            return None, None
        self.currency = self.currency or reader.currency_of(balance, "Amt")
        day = reader.day(balance, "Dt/Dt") or reader.day(balance, "Dt/DtTm")
        return (minor if side is Side.CREDIT else -minor), day


def _unsigned_fault(amount: str) -> str:
    return "bad-amount" if amount.startswith("-") else amount_fault(amount)


def _forget(node: Any) -> None:
    """Let go of an element that has been read, and of those before it that were."""
    node.clear(keep_tail=False)
    parent = node.getparent()
    while parent is not None and node.getprevious() is not None:
        before = node.getprevious()
        if etree.QName(before).localname not in {"Ntry", "Stmt", "Ntfctn"}:
            break
        parent.remove(before)
