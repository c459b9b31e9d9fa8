"""Draft a sale, change the draft, and draft the next sale after a failure; all terms lawful."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from auction.assets.models import Asset, ReferencePrice
from auction.core.audit import record
from auction.core.db import db, transaction
from auction.core.errors import DomainError, NotFound
from auction.core.i18n import lazy_gettext as _l
from auction.core.outbox import Task, handles
from auction.core.states import change_state
from auction.courts.models import Court
from auction.sales.calendar import beijing_day
from auction.sales.explain import TermsRefused
from auction.sales.inputs import inputs_for, inputs_of, last_sale, lot_of, set_terms, terms_of
from auction.sales.models import SALE_TRANSITIONS, UNDONE, Lot, Sale, SaleStatus, Stage
from auction.sales.panel import void_decisions
from auction.sales.proposals import propose_terms
from auction.sales.queries import lock_sale
from auction.sales.rulepacks import RulePack, load_rule_pack
from auction.sales.rules import Refusal, Terms, check_terms

NEXT_STAGE: dict[Stage, Stage | None] = {
    Stage.FIRST: Stage.SECOND,
    Stage.SECOND: Stage.SELLOFF,
    Stage.SELLOFF: None,
}


def draft_sale(
    *,
    asset_id: int,
    terms: Terms,
    actor_id: int,
    now: datetime,
    court_id: int | None = None,
    rule_pack: str = "cn",
    reference_price_id: int | None = None,
) -> Sale:
    """Draft the sale that is next for an asset, on its lot (made here, with a public number).

    Raises TermsRefused with every fault; DomainError `lot-busy` while another sale of the lot is
    not over, `no-next-sale` after a sell-off or a deal; NotFound for another court's asset.
    """
    asset = db.session.get(Asset, asset_id)
    if asset is None or (court_id is not None and asset.court_id != court_id):
        raise NotFound("no-such-asset", _l("没有找到这项财产。"))
    pack = load_rule_pack(rule_pack)
    lot = find_or_make_lot(asset, is_practice=pack.is_practice, actor_id=actor_id, now=now)
    previous = last_sale(lot)
    stage = stage_after(previous)
    price = _price_for(asset, reference_price_id)
    inputs = inputs_for(
        asset,
        stage=stage,
        pack=pack,
        price=price,
        previous=failed_before(previous),
        now=now,
        repeated=repeated_by_next(previous),
    )
    _refuse_unlawful(check_terms(terms, inputs), pack)
    sale = _add_sale(lot, stage, pack, price, failed_before(previous), terms, actor_id, now)
    mark_resale(sale, repeated_by_next(previous))
    return sale


def revise_sale(sale_id: int, terms: Terms, *, actor_id: int, now: datetime) -> Sale:
    """Change a sale that is not announced yet; a decision on the old terms is void (CN16-27.1).

    What changed is written down field by field. Raises TermsRefused with every fault, DomainError
    `wrong-state` once announced.
    """
    sale = lock_sale(sale_id)
    require_revisable(sale)
    inputs = inputs_of(sale, now)
    _refuse_unlawful(check_terms(terms, inputs), inputs.pack)
    before = terms_of(sale)
    changed = [name for name in vars_of(terms) if getattr(before, name) != getattr(terms, name)]
    if not changed:
        return sale
    set_terms(sale, terms)
    if sale.status is not SaleStatus.DRAFT:
        change_state(
            sale,
            SaleStatus.DRAFT,
            SALE_TRANSITIONS,
            actor_id=actor_id,
            at=now,
            reason="terms changed",
        )
        void_decisions(sale, actor_id=actor_id, at=now)
    record("revise-sale", sale, actor_id=actor_id, at=now, detail={"fields": changed})
    return sale


def require_revisable(sale: Sale) -> None:
    """Refuse to touch the terms of a sale that has been announced; raises `wrong-state`."""
    if sale.status not in {SaleStatus.DRAFT, SaleStatus.PANEL, SaleStatus.DECIDED}:
        raise DomainError("wrong-state", _l("公告发布后，拍卖条件不能再修改。"))


def vars_of(terms: Terms) -> list[str]:
    """Names of the terms, in order."""
    return list(terms.__dataclass_fields__)


def draft_next_sale(sale_id: int, now: datetime) -> Sale | None:
    """Draft what follows a failed sale, with lawful values: second auction, then sell-off.

    CN16-26: within 30 days, cut by at most 20 %; CN455: at the second start price. Nothing follows
    a sell-off or a practice sale. Drafting twice gives the same draft.
    """
    failed = lock_sale(sale_id)
    pack = load_rule_pack(failed.rule_pack)
    stage = NEXT_STAGE[failed.stage]
    if failed.status is not SaleStatus.UNSOLD or stage is None or pack.is_practice:
        return None
    known = db.session.scalar(select(Sale).where(Sale.previous_sale_id == failed.id))
    newest = last_sale(failed.lot)
    if known is not None or newest is None or newest.id != failed.id:
        return known
    price = _price_for(failed.lot.asset, failed.reference_price_id)
    inputs = inputs_for(
        failed.lot.asset, stage=stage, pack=pack, price=price, previous=failed, now=now
    )
    before = {
        "increment_minor": failed.increment_minor,
        "deposit_bps": failed.deposit_minor * 10_000 // failed.start_price_minor,
    }
    proposed = propose_terms(inputs, now, before)
    sale = _add_sale(failed.lot, stage, pack, price, failed, proposed, failed.created_by, now)
    sale.qualification, sale.remarks = failed.qualification, failed.remarks
    record("draft-next-sale", sale, actor_id=None, at=now, detail={"after": failed.number})
    return sale


@handles("sale_closed")
def follow_a_failure(task: Task) -> None:
    """When a sale closed unsold, the next one is drafted by itself and waits for review."""
    if task.payload["status"] != "unsold":
        return
    with transaction():
        draft_next_sale(task.payload["sale_id"], task.now)


def find_or_make_lot(asset: Asset, *, is_practice: bool, actor_id: int, now: datetime) -> Lot:
    """The lot of an asset, under the court's next number of the year if it is new.

    Each practice sale gets a lot of its own, so that one can begin while another is being settled.
    """
    # The court's row is the queue in which numbers are given out.
    court = db.session.get(Court, asset.court_id, with_for_update=True, populate_existing=True)
    assert court is not None
    lot = None if is_practice else lot_of(asset.id)
    if lot is not None:
        return lot
    prefix = f"{court.code}-{beijing_day(now).year}-{'P' if is_practice else ''}"
    last = db.session.scalar(
        select(func.max(Lot.number)).where(
            Lot.court_id == court.id,
            Lot.number.like(f"{prefix}%"),
            func.length(Lot.number) == len(prefix) + 5,
            Lot.is_practice.is_(is_practice),
        )
    )
    serial = int(last[-5:]) + 1 if last else 1
    lot = Lot(
        court_id=asset.court_id,
        case_id=asset.case_id,
        asset_id=asset.id,
        number=f"{prefix}{serial:05d}",
        is_practice=is_practice,
        created_at=now,
    )
    db.session.add(lot)
    db.session.flush()
    record("number-lot", lot, actor_id=actor_id, at=now, detail={"number": lot.number})
    return lot


def stage_after(previous: Sale | None) -> Stage:
    """The stage a lot's next sale is at; raises DomainError where no sale may follow."""
    if previous is None:
        return Stage.FIRST
    if previous.status is SaleStatus.WITHDRAWN or previous.status in UNDONE:
        return previous.stage
    if previous.status is SaleStatus.UNSOLD:
        following = NEXT_STAGE[previous.stage]
        if following is not None:
            return following
        raise DomainError(
            "no-next-sale", _l("变卖期满无人出价，本标的不再安排网络拍卖或变卖（CN455-9.1）。")
        )
    if previous.status is SaleStatus.RULED:
        raise DomainError("no-next-sale", _l("本标的已经成交并出具裁定。"))
    raise _lot_busy()


def failed_before(previous: Sale | None) -> Sale | None:
    """The failed sale whose start price the next one is measured by."""
    if previous is not None and (
        previous.status is SaleStatus.WITHDRAWN or previous.status in UNDONE
    ):
        before = previous.previous_sale_id
        return db.session.get(Sale, before) if before else None
    return previous


def repeated_by_next(previous: Sale | None) -> Sale | None:
    """The defaulted or undone sale that the lot's next one repeats, if it repeats one."""
    if previous is None or previous.status in UNDONE:
        return previous
    if previous.status is SaleStatus.WITHDRAWN and previous.resale_of_id:
        return db.session.get(Sale, previous.resale_of_id)
    return None


def mark_resale(sale: Sale, repeated: Sale | None) -> None:
    """Say of a draft which sale it repeats."""
    if repeated is not None:
        sale.resale_of_id = repeated.id
        db.session.flush()


def draft_resale(undone: Sale, *, actor_id: int, now: datetime) -> Sale:
    """Draft the sale that follows a default or a set-aside, at the same stage, with lawful values.

    CN20A-22.1, OPEN-10: no cut after a default; the step and the deposit's share stay as they were.
    The caller has locked the sale and changed its state. Drafting twice gives the same draft.
    """
    assert undone.status in UNDONE
    known = db.session.scalar(
        select(Sale).where(Sale.resale_of_id == undone.id).order_by(Sale.id.desc()).limit(1)
    )
    if known is not None:
        return known
    pack = load_rule_pack(undone.rule_pack)
    asset = undone.lot.asset
    price = _price_for(asset, undone.reference_price_id)
    failed = failed_before(undone)
    inputs = inputs_for(
        asset,
        stage=undone.stage,
        pack=pack,
        price=price,
        previous=failed,
        now=now,
        repeated=undone,
    )
    before = {
        "increment_minor": undone.increment_minor,
        "deposit_bps": undone.deposit_minor * 10_000 // undone.start_price_minor,
    }
    terms = propose_terms(inputs, now, before)
    sale = _add_sale(undone.lot, undone.stage, pack, price, failed, terms, undone.created_by, now)
    mark_resale(sale, undone)
    sale.qualification, sale.remarks = undone.qualification, undone.remarks
    record("draft-resale", sale, actor_id=actor_id, at=now, detail={"after": undone.number})
    return sale


def _price_for(asset: Asset, price_id: int | None) -> ReferencePrice | None:
    if price_id is None:
        return None
    return db.session.scalar(
        select(ReferencePrice).where(
            ReferencePrice.id == price_id, ReferencePrice.asset_id == asset.id
        )
    )


def _refuse_unlawful(refusals: list[Refusal], pack: RulePack) -> None:
    if refusals:
        raise TermsRefused(refusals, pack)


def _lot_busy() -> DomainError:
    return DomainError("lot-busy", _l("本标的还有一次拍卖没有结束，不能同时再次发起拍卖。"))


def _add_sale(
    lot: Lot,
    stage: Stage,
    pack: RulePack,
    price: ReferencePrice | None,
    previous: Sale | None,
    terms: Terms,
    actor_id: int,
    now: datetime,
) -> Sale:
    count = db.session.scalar(select(func.count(Sale.id)).where(Sale.lot_id == lot.id)) or 0
    sale = Sale(
        court_id=lot.court_id,
        case_id=lot.case_id,
        lot_id=lot.id,
        number=f"{lot.number}-{count + 1}",
        stage=stage,
        rule_pack=pack.key,
        status=SaleStatus.DRAFT,
        currency="CNY",
        reference_price_id=price.id if price else None,
        previous_sale_id=previous.id if previous else None,
        created_by=actor_id,
        created_at=now,
    )
    set_terms(sale, terms)
    try:
        with db.session.begin_nested():
            db.session.add(sale)
            db.session.flush()
    except IntegrityError as error:
        raise _lot_busy() from error
    db.session.refresh(sale)
    record("draft-sale", sale, actor_id=actor_id, at=now, detail={"number": sale.number})
    return sale
