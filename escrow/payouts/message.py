"""A batch as an ISO 20022 file: pain.001.001.09, one instruction a debtor account. Pure.

Accounts of the PRC have no IBAN: they go as `Othr/Id`, banks under their CNAPS code as a member of
a clearing system. The same batch gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from lxml import etree

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"
_SCHEMA = Path(__file__).with_name("schemas") / "pain.001.001.09.xsd"


@dataclass(frozen=True)
class Transfer:
    """One payment as the bank is told of it."""

    end_to_end_id: str
    amount_minor: int
    currency: str
    debtor_account: str
    payee_name: str
    payee_account: str
    payee_bank: str
    payee_bank_code: str
    purpose: str
    remittance: str


@dataclass(frozen=True)
class Order:
    """A batch as the bank is told of it."""

    message_id: str
    created_at: datetime
    execute_on: date
    debtor_name: str
    debtor_bank: str
    debtor_bank_code: str
    transfers: tuple[Transfer, ...]

    @property
    def total_minor(self) -> int:
        """The control sum."""
        return sum(transfer.amount_minor for transfer in self.transfers)


class NotValid(Exception):
    """What was built is not what the schema asks for; nothing may leave."""


def write_order(order: Order) -> bytes:
    """The file, checked against the schema and against the order's own sums; raises NotValid."""
    root = etree.Element(_tag("Document"), nsmap={None: NAMESPACE})
    initiation = _add(root, "CstmrCdtTrfInitn")
    header = _add(initiation, "GrpHdr")
    _add(header, "MsgId", order.message_id)
    _add(header, "CreDtTm", f"{order.created_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}")
    _add(header, "NbOfTxs", str(len(order.transfers)))
    _add(header, "CtrlSum", _decimal(order.total_minor))
    _add(_add(header, "InitgPty"), "Nm", order.debtor_name)
    for number, (account, transfers) in enumerate(_by_account(order.transfers), start=1):
        _write_instruction(
            initiation, order, f"{order.message_id}-{number:03d}", account, transfers
        )
    data: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)
    check_file(data, count=len(order.transfers), total_minor=order.total_minor)
    return data


def _by_account(transfers: Sequence[Transfer]) -> list[tuple[str, list[Transfer]]]:
    """The transfers of each debtor account, accounts in the order they first appear."""
    groups: dict[str, list[Transfer]] = {}
    for transfer in transfers:
        groups.setdefault(transfer.debtor_account, []).append(transfer)
    return list(groups.items())


def _write_instruction(
    initiation: Any, order: Order, name: str, account: str, transfers: Sequence[Transfer]
) -> None:
    node = _add(initiation, "PmtInf")
    _add(node, "PmtInfId", name)
    _add(node, "PmtMtd", "TRF")
    # Each payment is a line of its own on the statement: that line confirms it.
    _add(node, "BtchBookg", "false")
    _add(node, "NbOfTxs", str(len(transfers)))
    _add(node, "CtrlSum", _decimal(sum(transfer.amount_minor for transfer in transfers)))
    _add(_add(node, "ReqdExctnDt"), "Dt", order.execute_on.isoformat())
    _add(_add(node, "Dbtr"), "Nm", order.debtor_name)
    _write_account(_add(node, "DbtrAcct"), account, transfers[0].currency)
    _write_bank(_add(node, "DbtrAgt"), order.debtor_bank, order.debtor_bank_code)
    # The payee gets what the plan gives him: the bank's charges are the court's.
    _add(node, "ChrgBr", "DEBT")
    for transfer in transfers:
        _write_transfer(node, transfer)


def _write_transfer(instruction: Any, transfer: Transfer) -> None:
    node = _add(instruction, "CdtTrfTxInf")
    name = _add(node, "PmtId")
    _add(name, "InstrId", transfer.end_to_end_id)
    _add(name, "EndToEndId", transfer.end_to_end_id)
    amount = _add(_add(node, "Amt"), "InstdAmt", _decimal(transfer.amount_minor))
    amount.set("Ccy", transfer.currency)
    _write_bank(_add(node, "CdtrAgt"), transfer.payee_bank, transfer.payee_bank_code)
    _add(_add(node, "Cdtr"), "Nm", transfer.payee_name)
    _write_account(_add(node, "CdtrAcct"), transfer.payee_account, "")
    _add(_add(node, "Purp"), "Prtry", transfer.purpose)
    _add(_add(node, "RmtInf"), "Ustrd", transfer.remittance)


def _write_account(node: Any, number: str, currency: str) -> None:
    _add(_add(_add(node, "Id"), "Othr"), "Id", number)
    if currency:
        _add(node, "Ccy", currency)


def _write_bank(node: Any, name: str, code: str) -> None:
    bank = _add(node, "FinInstnId")
    if code:
        member = _add(bank, "ClrSysMmbId")
        _add(_add(member, "ClrSysId"), "Cd", "CNAPS")
        _add(member, "MmbId", code)
    if name:
        _add(bank, "Nm", name)


def _decimal(minor: int) -> str:
    return f"{minor // 100}.{minor % 100:02d}"


def _tag(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"


def _add(parent: Any, name: str, text: str | None = None) -> Any:
    node = etree.SubElement(parent, _tag(name))
    if text is not None:
        node.text = text
    return node


# ── the check of what was written ───────────────────────────────────────────────────────────────


def check_file(data: bytes, *, count: int, total_minor: int) -> None:
    """Read the file as the bank will: valid by the schema, the sums right, no name twice."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    document = etree.fromstring(data, parser)
    schema = _schema()
    if not schema.validate(document):
        raise NotValid(str(schema.error_log.last_error))
    amounts = [_minor(node.text) for node in document.iter(_tag("InstdAmt"))]
    names = [node.text for node in document.iter(_tag("EndToEndId"))]
    told = document.find(f"{_tag('CstmrCdtTrfInitn')}/{_tag('GrpHdr')}")
    if (len(amounts), sum(amounts)) != (count, total_minor):
        raise NotValid(f"{len(amounts)} payments of {sum(amounts)}")
    if len(set(names)) != count:
        raise NotValid("the same end-to-end id twice")
    if (told.findtext(_tag("NbOfTxs")), _minor(told.findtext(_tag("CtrlSum")))) != (
        str(count),
        total_minor,
    ):
        raise NotValid("the header's sums differ")


def _minor(text: str) -> int:
    whole, _, fen = text.partition(".")
    return int(whole) * 100 + int(fen)


@lru_cache(maxsize=1)
def _schema() -> Any:
    return etree.XMLSchema(etree.parse(str(_SCHEMA)))
