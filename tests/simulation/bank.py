"""The court's bank: what really came and went on the dedicated account, and the statements of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from auction.core.clock import beijing

HEAD = "交易日期,收入,支出,余额,对方户名,对方账号,摘要,交易流水号"


@dataclass(frozen=True)
class Movement:
    """One entry of the account; `amount` is negative where money left."""

    reference: str
    at: datetime
    amount: int
    name: str
    account: str
    text: str


class Bank:
    """The account as the bank keeps it."""

    def __init__(self, account_number: str) -> None:
        self.account_number = account_number
        self.movements: list[Movement] = []
        self.balance = 0
        self.told = 0  # how many of them a statement has shown

    def receive(self, at: datetime, amount: int, name: str, account: str, text: str) -> str:
        """Money comes; returns the bank's reference of the entry."""
        return self._move(at, amount, name, account, text)

    def send(self, at: datetime, amount: int, name: str, account: str, text: str) -> str:
        """The court's order to pay is carried out."""
        assert 0 < amount <= self.balance, f"the account holds {self.balance}, not {amount}"
        return self._move(at, -amount, name, account, text)

    def _move(self, at: datetime, amount: int, name: str, account: str, text: str) -> str:
        reference = f"BK{len(self.movements) + 1:06d}"
        self.balance += amount
        self.movements.append(Movement(reference, at, amount, name, account, text))
        return reference

    @property
    def has_news(self) -> bool:
        return self.told < len(self.movements)

    def statement(self, *, repeated: int = 0) -> bytes:
        """A file of what no statement has shown, after so many entries that one had shown."""
        first = max(0, self.told - repeated)
        balance = sum(movement.amount for movement in self.movements[:first])
        rows = []
        for movement in self.movements[first:]:
            balance += movement.amount
            came, went = max(movement.amount, 0), max(-movement.amount, 0)
            day = beijing(movement.at).date()
            rows.append(
                f"{day},{yuan(came)},{yuan(went)},{yuan(balance) or '0.00'},"
                f"{movement.name},{movement.account},{movement.text},{movement.reference}"
            )
        self.told = len(self.movements)
        return "\r\n".join([f"账号：{self.account_number}", HEAD, *rows, ""]).encode()


def yuan(minor: int) -> str:
    """`1234567.89`; nothing for zero."""
    return f"{minor // 100}.{minor % 100:02d}" if minor else ""
