"""Read ISO 20022 account statements (camt.053), any version of the message.

Chinese accounts have no IBAN: an account is whatever `Id/IBAN` or `Id/Othr/Id` says. Only booked
entries count; a collective entry is taken apart where its parts add up to it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Any

from lxml import etree

from escrow.bank.parsed import (
    MAX_LINES,
    Fault,
    ParsedLine,
    ParsedStatement,
    Side,
    StatementRefused,
    name_lines,
    to_minor,
)

_NAMESPACE = re.compile(r"urn:iso:std:iso:20022:tech:xsd:camt\.053\.001\.\d\d")
_OPENING = ("OPBD", "PRCD")
_CLOSING = ("CLBD",)


def read_camt(data: bytes) -> list[ParsedStatement]:
    """All statements of the message; raises StatementRefused.

    A DOCTYPE is refused before the parser sees it, nothing is fetched, no entity is resolved.
    """
    root = _parse(data)
    space = etree.QName(root).namespace or ""
    if etree.QName(root).localname != "Document" or not _NAMESPACE.fullmatch(space):
        raise StatementRefused([Fault("not-camt053", root.sourceline or 0)])
    found = [_Reader(space).statement(node) for node in root.iterfind(".//{*}Stmt")]
    if not found:
        raise StatementRefused([Fault("no-statement")])
    return found


def _parse(data: bytes) -> Any:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise StatementRefused([Fault("not-utf8")]) from None
    if "<!DOCTYPE" in text.upper() or "<!ENTITY" in text.upper():
        raise StatementRefused([Fault("doctype")])
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )
    try:
        return etree.fromstring(text.encode(), parser)
    except etree.XMLSyntaxError as error:
        raise StatementRefused([Fault("not-xml", error.lineno or 0)]) from None


class _Reader:
    """Reads one message; keeps its namespace and the faults found on the way."""

    def __init__(self, space: str) -> None:
        self.space = space
        self.faults: list[Fault] = []

    def statement(self, node: Any) -> ParsedStatement:
        self.faults = []
        currency = self.text(node, "Acct/Ccy")
        opening = self.balance(node, _OPENING)
        closing = self.balance(node, _CLOSING)
        lines: list[ParsedLine] = []
        skipped: list[int] = []
        for entry in node.iterfind(self.path("Ntry")):
            if self.text(entry, "Sts/Cd") not in {"", "BOOK"} or (
                not self.text(entry, "Sts/Cd") and self.text(entry, "Sts") not in {"", "BOOK"}
            ):
                skipped.append(entry.sourceline)
                continue
            lines.extend(self.entry(entry))
            if len(lines) > MAX_LINES:
                raise StatementRefused([Fault("too-many-lines", entry.sourceline)])
        account = self.text(node, "Acct/Id/IBAN") or self.text(node, "Acct/Id/Othr/Id")
        if not account:
            self.faults.append(Fault("no-account", node.sourceline))
        if self.faults:
            raise StatementRefused(self.faults)
        if not currency:
            currency = lines[0].currency if lines else "CNY"
        return ParsedStatement(
            account=account,
            currency=currency,
            lines=name_lines(lines),
            opening_minor=opening,
            closing_minor=closing,
            label=self.text(node, "Id"),
            skipped=tuple(skipped),
        )

    def entry(self, node: Any) -> Iterator[ParsedLine]:
        """One booked entry: its parts where they add up to it, else the entry as one line."""
        whole = self.amount(node)
        parts = list(node.iterfind(self.path("NtryDtls/TxDtls")))
        amounts = [self.part_amount(part) for part in parts]
        reference = self.text(node, "AcctSvcrRef")
        if len(parts) > 1 and whole and None not in amounts and sum(map(int, amounts)) == whole:  # type: ignore[arg-type]
            for index, (part, amount) in enumerate(zip(parts, amounts, strict=True), start=1):
                own = self.text(part, "Refs/AcctSvcrRef") or (reference and f"{reference}/{index}")
                line = self.line(node, part, amount, own)
                if line is not None:
                    yield line
            return
        detail = parts[0] if parts else node
        own = reference or (self.text(detail, "Refs/AcctSvcrRef") if parts else "")
        line = self.line(node, detail, whole, own)
        if line is not None:
            yield line

    def line(
        self, entry: Any, detail: Any, amount: int | None, reference: str
    ) -> ParsedLine | None:
        booked_on = self.day(entry)
        side = self.side(entry)
        if not amount or booked_on is None or side is None:
            self.faults.append(Fault("bad-entry", entry.sourceline))
            return None
        other = "Dbtr" if side is Side.CREDIT else "Cdtr"
        told = [node.text or "" for node in detail.iterfind(self.path("RmtInf/Ustrd"))]
        told += [
            node.text or "" for node in detail.iterfind(self.path("RmtInf/Strd/CdtrRefInf/Ref"))
        ]
        told += [self.text(detail, "Refs/EndToEndId"), self.text(entry, "AddtlNtryInf")]
        return ParsedLine(
            number=detail.sourceline,
            side=side,
            amount_minor=amount,
            currency=self.currency(entry),
            booked_on=booked_on,
            entry_ref=reference,
            payer_name=self.text(detail, f"RltdPties/{other}/Nm")
            or self.text(detail, f"RltdPties/{other}/Pty/Nm"),
            payer_account=self.text(detail, f"RltdPties/{other}Acct/Id/IBAN")
            or self.text(detail, f"RltdPties/{other}Acct/Id/Othr/Id"),
            payer_bank=self.text(detail, f"RltdAgts/{other}Agt/FinInstnId/Nm"),
            remittance=" ".join(part.strip() for part in told if part.strip()),
        )

    # ── small parts ─────────────────────────────────────────────────────────────────────────────

    def path(self, names: str) -> str:
        return "/".join(f"{{{self.space}}}{name}" for name in names.split("/"))

    def text(self, node: Any, names: str) -> str:
        found = node.find(self.path(names))
        return (found.text or "").strip() if found is not None else ""

    def amount(self, node: Any) -> int | None:
        """An amount carries no sign: its direction stands beside it."""
        return _unsigned(to_minor(self.text(node, "Amt")))

    def part_amount(self, node: Any) -> int | None:
        for names in ("Amt", "AmtDtls/TxAmt/Amt"):
            if self.text(node, names):
                return _unsigned(to_minor(self.text(node, names)))
        return None

    def currency(self, node: Any) -> str:
        found = node.find(self.path("Amt"))
        return (found.get("Ccy") or "") if found is not None else ""

    def side(self, node: Any) -> Side | None:
        return {"CRDT": Side.CREDIT, "DBIT": Side.DEBIT}.get(self.text(node, "CdtDbtInd"))

    def day(self, node: Any) -> date | None:
        for name in ("BookgDt", "ValDt"):
            told = self.text(node, f"{name}/Dt") or self.text(node, f"{name}/DtTm")
            if told:
                try:
                    return date.fromisoformat(told[:10])
                except ValueError:
                    return None
        return None

    def balance(self, node: Any, codes: tuple[str, ...]) -> int | None:
        for code in codes:
            for balance in node.iterfind(self.path("Bal")):
                if self.text(balance, "Tp/CdOrPrtry/Cd") != code:
                    continue
                minor, side = self.amount(balance), self.side(balance)
                if minor is None or side is None:
                    self.faults.append(Fault("bad-balance", balance.sourceline))
                    return None
                return minor if side is Side.CREDIT else -minor
        return None


def _unsigned(minor: int | None) -> int | None:
    return None if minor is None or minor < 0 else minor
