"""What can be done with a sale on the court's side, in the order in which it happens."""

from __future__ import annotations

from auction.rulings.services import record_deal_ruling, record_handover
from auction.sales.drafting import draft_next_sale, draft_sale, require_revisable, revise_sale
from auction.sales.outcome import record_paid, record_result, record_withdrawal, withdraw_draft
from auction.sales.panel import cast_vote, put_to_panel, void_if_stale
from auction.sales.publication import publication_check, publish_sale

__all__ = [
    "cast_vote",
    "draft_next_sale",
    "draft_sale",
    "publication_check",
    "publish_sale",
    "put_to_panel",
    "record_deal_ruling",
    "record_handover",
    "record_paid",
    "record_result",
    "record_withdrawal",
    "require_revisable",
    "revise_sale",
    "void_if_stale",
    "withdraw_draft",
]
