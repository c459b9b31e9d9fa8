"""What happens to each lot, act by act, through the services that people use."""

from __future__ import annotations

import random
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from auction.assets.models import Asset
from auction.core.db import db, forget_reads, transaction
from auction.sales.calendar import beijing_day, beijing_moment, next_working_day
from auction.sales.inputs import terms_of
from auction.sales.models import Sale, SaleStatus
from auction.sales.panel import standing_decision
from auction.sales.queries import lock_sale
from auction.sales.services import (
    publish_sale,
    record_deal_ruling,
    record_handover,
    revise_sale,
)
from escrow.demo import bidding, casework
from escrow.demo.bank import pay_balance_by_bank, pay_deposit_by_bank, receive_unknown
from escrow.demo.casework import CaseRef
from escrow.demo.lots import DemoLot
from escrow.demo.payer import enrol, pay_balance, pay_deposit
from escrow.demo.payout import FinanceDesk
from escrow.demo.people import People
from escrow.demo.stage import Stage, Story
from escrow.demo.timetable import DAY, Timetable, plan_bids, plan_enrolments, plan_times
from escrow.demo.undoing import default_on
from escrow.payments.rules import can_pay_online
from escrow.settlement.services import settlement_of

_AFTER_CLOSE = timedelta(seconds=3)
"""The end is recorded when nothing in time can still arrive."""


@dataclass
class Teller:
    """Tells the stories; `now` is the present at which all of them stop."""

    stage: Stage
    people: People
    desk: FinanceDesk
    now: datetime
    cases: dict[str, CaseRef] = field(default_factory=dict)

    def tell(self, lot: DemoLot, place: int) -> Story:
        """The story of a lot, as far as its state says and the present allows."""
        times = plan_times(lot, place, self.now)
        rng = random.Random(f"luochui/{lot.index}")  # noqa: S311  # the same story every time
        return self._tell(lot, place, times, rng)

    def _tell(self, lot: DemoLot, place: int, times: Timetable, rng: random.Random) -> Story:
        ref, asset_id = yield from self._open(lot, times)
        sale_id = yield from self._draft(lot, times, ref, asset_id)
        if lot.state == "draft":
            return
        if not (yield from self._decide(lot, times, ref, sale_id)):
            return
        yield from self._publish(times, ref, sale_id)
        yield from self._bid(lot, times, rng, sale_id)
        if lot.state in {"open-suspended", "withdrawn"}:
            yield from self._interrupt(lot, times, ref, sale_id)
            return
        yield from self._close(times, sale_id)
        if lot.state == "second-scheduled":
            yield from self._try_again(ref, sale_id)
        elif lot.state in {"overdue", "defaulted"}:
            yield from default_on(lot, ref, sale_id, self.stage, self.people)
        elif self._status(sale_id) is SaleStatus.SOLD and lot.state != "sold":
            yield from self._complete(lot, place, ref, sale_id)

    def tell_of_unknown_money(self) -> Story:
        """Yesterday money came that nobody has identified yet."""
        yield self.now - timedelta(hours=20)
        receive_unknown(self.people, self.stage.now)

    # ── before the announcement ─────────────────────────────────────────────────────────────────

    def _open(
        self, lot: DemoLot, times: Timetable
    ) -> Generator[datetime, None, tuple[CaseRef, int]]:
        yield times.case_opened
        ref = self.cases.get(lot.same_case_as)
        if ref is None:
            with transaction():
                ref = casework.open_demo_case(lot, self.people, self.stage.now)
        self.cases[lot.title] = ref
        yield times.described
        with transaction():
            asset_id = casework.add_demo_asset(lot, ref, self.stage.now)
        with transaction():
            asset = db.session.get_one(Asset, asset_id)
            casework.add_demo_claims(lot, asset, ref, self.stage.now)
        yield times.priced
        with transaction():
            casework.fix_price(lot, asset_id, ref, self.stage.now)
        return ref, asset_id

    def _draft(
        self, lot: DemoLot, times: Timetable, ref: CaseRef, asset_id: int
    ) -> Generator[datetime, None, int]:
        yield times.drafted
        with transaction():
            return casework.draft_demo_sale(
                lot,
                asset_id,
                ref,
                opens_at=times.opens,
                closes_at=times.closes,
                publish_on=beijing_day(times.published),
                now=self.stage.now,
            )

    def _decide(
        self, lot: DemoLot, times: Timetable, ref: CaseRef, sale_id: int
    ) -> Generator[datetime, None, bool]:
        yield times.put_to_panel
        with transaction():
            decision_id = casework.ask_panel(sale_id, ref, self.people, self.stage.now)
        judges = self.people.judges
        if lot.state == "panel":
            judges = judges[:2]  # the third has still to vote
        for judge_id, moment in zip(judges, times.voted, strict=False):
            yield moment
            with transaction():
                casework.vote(decision_id, judge_id, self.stage.now)
        return lot.state not in {"panel", "decided"}

    def _publish(self, times: Timetable, ref: CaseRef, sale_id: int) -> Iterator[datetime]:
        yield times.notified
        with transaction():
            casework.notify_parties(sale_id, ref, self.stage.now)
        yield times.published
        with transaction():
            publish_sale(sale_id, ref.clerk_id, self.stage.now)
        yield self.stage.now  # until the live room is open

    # ── bidding ─────────────────────────────────────────────────────────────────────────────────

    def _bid(
        self, lot: DemoLot, times: Timetable, rng: random.Random, sale_id: int
    ) -> Iterator[datetime]:
        bidders = rng.sample(self.people.bidders, lot.bidders)
        moments = plan_enrolments(rng, times, lot.bidders, self.now)
        for place, (user_id, moment) in enumerate(zip(bidders, moments, strict=True)):
            yield moment
            enrolment_id = enrol(sale_id, user_id, self.stage.now).id
            deposit = db.session.get_one(Sale, sale_id).deposit_minor
            if place < lot.by_bank or not can_pay_online(deposit):
                pay_deposit_by_bank(enrolment_id, self.people, self.stage.now)
            else:
                pay_deposit(enrolment_id, user_id, self.stage.now)
        if not lot.bids:
            return
        for n, moment in enumerate(plan_bids(rng, times, lot.bids, self.now), 1):
            yield moment
            bidding.place_bid(sale_id, rng, f"demo-{lot.index}-{n}")

    def _interrupt(
        self, lot: DemoLot, times: Timetable, ref: CaseRef, sale_id: int
    ) -> Iterator[datetime]:
        judge = self.people.staff["judge1"]
        if lot.state == "open-suspended":
            yield self.now - timedelta(hours=2)
            bidding.suspend(sale_id, judge, lot.ground)
            return
        yield min(times.opens + timedelta(hours=5), self.now - timedelta(hours=26))
        bidding.propose(sale_id, ref.clerk_id, lot.ground, self.stage.now)
        yield self.stage.now + timedelta(hours=1)
        bidding.withdraw(sale_id, judge, self.stage.now)

    def _close(self, times: Timetable, sale_id: int) -> Iterator[datetime]:
        """Wait for the end, as often as a late bid moves it."""
        closes_at = times.closes
        while bidding.head_of(sale_id).ended_at is None:
            yield closes_at + _AFTER_CLOSE
            closes_at = bidding.head_of(sale_id).closes_at

    # ── afterwards ──────────────────────────────────────────────────────────────────────────────

    def _try_again(self, ref: CaseRef, failed_id: int) -> Iterator[datetime]:
        """The second sale that the platform drafted by itself is decided and announced."""
        with transaction():
            drafted = db.session.scalar(db.select(Sale).where(Sale.previous_sale_id == failed_id))
            assert drafted is not None, "drafted when the first sale failed"
            sale_id = drafted.id
        first = self.stage.now + DAY
        yield _office(beijing_day(first), 10)
        publish_on = next_working_day(beijing_day(self.stage.now) + 5 * DAY)
        with transaction():
            sale = lock_sale(sale_id)
            if sale.publish_on < publish_on:
                moved = sale.opens_at + (publish_on - sale.publish_on)
                terms = casework.retime(terms_of(sale), publish_on, moved, moved + DAY)
                revise_sale(sale_id, terms, actor_id=ref.clerk_id, now=self.stage.now)
            publish_on = sale.publish_on
        with transaction():
            decision_id = casework.ask_panel(sale_id, ref, self.people, self.stage.now)
        for judge_id in self.people.judges:
            yield self.stage.now + timedelta(hours=1)
            with transaction():
                casework.vote(decision_id, judge_id, self.stage.now)
        with transaction():
            casework.notify_parties(sale_id, ref, self.stage.now)
        yield _office(publish_on, 10)
        with transaction():
            assert standing_decision(lock_sale(sale_id)) is not None
            publish_sale(sale_id, ref.clerk_id, self.stage.now)

    def _complete(self, lot: DemoLot, place: int, ref: CaseRef, sale_id: int) -> Iterator[datetime]:
        yield _office(next_working_day(beijing_day(self.stage.now) + 3 * DAY), 14)
        buyer_id = bidding.buyer_of(sale_id)
        assert buyer_id is not None, "sold"
        settlement = settlement_of(sale_id)
        assert settlement is not None, "opened when the sale closed"
        if can_pay_online(settlement.outstanding_minor):
            pay_balance(sale_id, buyer_id, self.stage.now)
        else:
            pay_balance_by_bank(sale_id, self.people, self.stage.now)
        if lot.state == "paid":
            return
        yield _office(next_working_day(beijing_day(self.stage.now) + 6 * DAY), 15)
        today = beijing_day(self.stage.now)
        with transaction():
            record_deal_ruling(
                sale_id,
                number=f"（{today.year}）测01执{1001 + lot.index * 7}号之二",
                made_on=today - DAY,
                served_on=today,
                actor_id=ref.clerk_id,
                now=self.stage.now,
                is_qualification_checked=True,
            )
        yield _office(next_working_day(today + 4 * DAY), 10)
        with transaction():
            record_handover(
                sale_id,
                handed_over_on=beijing_day(self.stage.now),
                proof="移交笔录（买受人、执行人员签字）",
                actor_id=ref.clerk_id,
                now=self.stage.now,
            )
        yield from self.desk.distribute(lot, place, ref, sale_id)

    def _status(self, sale_id: int) -> SaleStatus:
        forget_reads()
        return db.session.get_one(Sale, sale_id, populate_existing=True).status


def _office(day: date, hour: int) -> datetime:
    return beijing_moment(day, time(hour, 0))
