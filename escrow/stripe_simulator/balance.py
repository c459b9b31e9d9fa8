"""Every movement of money is one balance transaction; the balance is their sum."""

from __future__ import annotations

from typing import Any

from escrow.stripe_simulator.errors import ApiError, Json
from escrow.stripe_simulator.events import record_event
from escrow.stripe_simulator.objects import make_payout, make_transaction
from escrow.stripe_simulator.params import merge_metadata
from escrow.stripe_simulator.store import Row, Work, make_id

ARRIVAL_SECONDS = 86_400


def post_movement(
    work: Work,
    *,
    amount: int,
    currency: str,
    kind: str,
    source: str,
    fee: int = 0,
    category: str | None = None,
) -> str:
    """One movement is written; returns its id. Money is available at once."""
    body = make_transaction(
        make_id("balance_transaction"),
        work.now,
        amount=amount,
        fee=fee,
        currency=currency,
        type=kind,
        reporting_category=category or kind,
        source=source,
    )
    work.add(body)
    transaction_id: str = body["id"]
    return transaction_id


def compute_balances(work: Work) -> dict[str, int]:
    """The sum of all net movements by currency."""
    found = work.connection.execute(
        "SELECT json_extract(body, '$.currency'), sum(json_extract(body, '$.net'))"
        " FROM object WHERE kind = 'balance_transaction' GROUP BY 1 ORDER BY 1"
    ).fetchall()
    return dict(found)


def retrieve_balance(work: Work) -> Json:
    """What the account holds now."""
    funds = compute_balances(work) or {"cny": 0}
    return {
        "object": "balance",
        "available": [
            {"amount": amount, "currency": currency, "source_types": {"card": amount}}
            for currency, amount in funds.items()
        ],
        "livemode": False,
        "pending": [
            {"amount": 0, "currency": currency, "source_types": {"card": 0}} for currency in funds
        ],
    }


def create_payout(work: Work, given: dict[str, Any]) -> Json:
    """Money leaves for the bank account; it cannot be more than the balance."""
    available = compute_balances(work).get(given["currency"], 0)
    if given["amount"] > available:
        raise ApiError(
            "You have insufficient funds in your Stripe account for this transfer.",
            code="balance_insufficient",
            param="amount",
        )
    metadata = merge_metadata({}, given.pop("metadata", {}))
    return _send_payout(work, **given, metadata=metadata)


def pay_out_everything(work: Work) -> list[Json]:
    """One automatic payout a currency, naming each movement it contains (simulator only).

    A balance below zero is taken from the bank account: a payout with a negative amount.
    """
    made = []
    for currency, amount in compute_balances(work).items():
        if amount == 0:
            continue
        contained = work.select("balance_transaction", equal={"currency": currency})
        payout = _send_payout(
            work,
            amount=amount,
            currency=currency,
            automatic=True,
            reconciliation_status="completed",
        )
        for row in contained:
            if "payout" not in row.private:
                row.private["payout"] = payout["id"]
                work.save(row)
        own = work.load("balance_transaction", payout["balance_transaction"])
        own.private["payout"] = payout["id"]
        work.save(own)
        made.append(payout)
    return made


def _send_payout(work: Work, **given: Any) -> Json:
    payout_id = make_id("payout")
    arrives_at = work.now + ARRIVAL_SECONDS
    payout = make_payout(payout_id, work.now, arrival_date=arrives_at, **given)
    payout["balance_transaction"] = post_movement(
        work,
        amount=-payout["amount"],
        currency=payout["currency"],
        kind="payout",
        source=payout_id,
    )
    work.add(payout, due_at=arrives_at)
    record_event(work, "payout.created", payout)
    return payout


def settle_payout(work: Work, row: Row) -> None:
    """A day later the money has arrived."""
    row.due_at = None
    row.body["status"] = "paid"
    work.save(row)
    record_event(work, "payout.paid", row.body)
