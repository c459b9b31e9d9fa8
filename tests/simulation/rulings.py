"""The bench: deals are ruled, buyers who do not pay default, sales are set aside, lots sold again."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from builders import make_user
from sqlalchemy import select

from auction.accounts.roles import Role
from auction.core.clock import beijing
from auction.core.db import db, transaction
from auction.core.errors import DomainError
from auction.courts.models import Court as CourtRow
from auction.rulings.models import SetAsideGround
from auction.rulings.proposals import draft_ruling
from auction.rulings.services import record_deal_ruling, record_handover
from auction.rulings.terms import DefaultTerms, SetAsideTerms
from auction.sales.models import Sale, SaleStatus
from bidding.room.opening import open_room
from escrow.defaults.forfeits import defaults_on
from escrow.defaults.models import Default
from escrow.defaults.services import decide
from escrow.settlement.late import accept_late
from escrow.settlement.models import Settlement, SettlementStatus
from simulation.script import DEFAULTS, Lot

if TYPE_CHECKING:
    from simulation.court import Court

RUNNING = (SaleStatus.ANNOUNCED, SaleStatus.SOLD, SaleStatus.PAID)
REASONS = "买受人经催告仍未付清价款，致使拍卖目的难以实现。"
OPENS_AFTER = 50  # hours from a re-sale's announcement: two mornings for the deposits


class Bench:
    """The clerk drafts, a judge decides."""

    def __init__(self, court: Court) -> None:
        self.court, self.world = court, court.world
        row = db.session.get_one(CourtRow, court.id)
        self.judge: int = make_user(self.world.now, Role.JUDGE, court=row).id

    def rules(self) -> None:
        """Whatever waits for a ruling, every working morning."""
        for sale_id in db.session.scalars(select(Sale.id).where(Sale.status == SaleStatus.PAID)):
            if self.world.lots[sale_id].is_set_aside:
                self._decides(sale_id, SetAsideTerms(SetAsideGround.SYSTEM_FAULT), "撤")
            else:
                self._confirms_deal(sale_id)
        self._accepts_late()
        self._finds_defaults()
        self._sells_again()

    def _confirms_deal(self, sale_id: int) -> None:
        today = beijing(self.world.now).date()
        with transaction():
            record_deal_ruling(
                sale_id,
                number=f"（2026）测01执1号之{sale_id}",
                made_on=today,
                served_on=today,
                actor_id=self.court.clerk,
                now=self.world.now,
                is_qualification_checked=True,
            )
        with transaction():
            record_handover(
                sale_id,
                handed_over_on=today,
                proof="移交笔录",
                actor_id=self.court.clerk,
                now=self.world.now,
            )

    # ── buyers who do not pay ───────────────────────────────────────────────────────────────────

    def _finds_defaults(self) -> None:
        """The announced day has gone by, and nothing more will come."""
        due = select(Settlement).where(Settlement.status == SettlementStatus.DUE)
        for row in db.session.scalars(due).all():
            is_over = self.world.now >= row.payable_until
            if is_over and self.world.lots[row.sale_id].balance in DEFAULTS:
                with self.world.our_process():
                    self._decides(row.sale_id, DefaultTerms(), "悔")

    def _decides(self, sale_id: int, terms: DefaultTerms | SetAsideTerms, mark: str) -> None:
        """Drafted and made; not while the buyer's deposit is on its way."""
        told: dict[str, Any] = {"court_id": self.court.id, "now": self.world.now}
        try:
            with transaction():
                proposal_id = draft_ruling(
                    sale_id,
                    terms,
                    number=f"（2026）测01执1号之{mark}{sale_id}",
                    reasons=REASONS,
                    actor_id=self.court.clerk,
                    **told,
                ).id
            with transaction():
                decide(proposal_id, actor_id=self.judge, **told)
        except DomainError as refused:
            if refused.code != "deposit-pending":
                raise

    def _accepts_late(self) -> None:
        """Of some buyers who are late a judge takes the money all the same (CN20A-22.1)."""
        now = self.world.now
        due = select(Settlement).where(Settlement.status == SettlementStatus.DUE)
        for row in db.session.scalars(due).all():
            is_late = row.due_at <= now and row.late_until is None
            if is_late and self.world.lots[row.sale_id].balance == "bank-late" and row.sale_id % 2:
                with transaction():
                    accept_late(
                        row.id,
                        until=beijing(now).date() + timedelta(days=20),
                        ground="买受人申请，案情许可",
                        actor_id=self.judge,
                        now=now,
                    )

    # ── the same lot again ──────────────────────────────────────────────────────────────────────

    def _sells_again(self) -> None:
        """A lot with a default is sold until somebody has paid for it: so long its money waits."""
        for lot_id in db.session.scalars(select(Default.lot_id).distinct()).all():
            busy = select(Sale.id).where(Sale.lot_id == lot_id, Sale.status.in_(RUNNING))
            drafted = select(Sale).where(Sale.lot_id == lot_id, Sale.status == SaleStatus.DRAFT)
            sale = db.session.scalar(drafted.order_by(Sale.id.desc()).limit(1))
            is_idle = defaults_on(lot_id).final is None and not db.session.scalar(busy.limit(1))
            if is_idle and sale is not None:
                self._announces(sale.id, sale.resale_of_id)

    def _announces(self, sale_id: int, undone_id: int | None) -> None:
        opens_at = self.world.now + timedelta(hours=OPENS_AFTER)
        with transaction():
            sale = db.session.get_one(Sale, sale_id)
            sale.status, sale.published_at = SaleStatus.ANNOUNCED, self.world.now
            sale.opens_at, sale.closes_at = opens_at, opens_at + timedelta(days=1)
        open_room(sale_id)
        before = self.world.lots.get(undone_id or 0)
        bidders = before.again if before is not None else self.world.script.lots[0].again
        self.world.begin_sale(sale_id, Lot(OPENS_AFTER, bidders, "bank", 2))
