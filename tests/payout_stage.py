"""A court whose plan is approved and whose payees have accounts that a bank takes."""

from __future__ import annotations

from finance_stage import Desk, Row
from stdnum import luhn

from auction.accounts.models import StepUp, UserSession
from auction.accounts.stepup import record_step_up
from auction.cases.models import Party
from auction.core.db import db, transaction
from auction.courts.models import Court
from auction.sales.calendar import beijing_day, next_working_day
from escrow.payouts.batches import approve_batch, submit_batch
from escrow.payouts.choosing import choose_all
from escrow.payouts.models import Payout, PayoutBatch
from escrow.payouts.offers import Wanted, list_offers
from escrow.payouts.rules import end_to_end_id
from escrow.plans.models import PlanPayment


def card(number):
    """A bank card's number that no bank has given out, with its check digit."""
    body = f"621700{number:09d}"
    return body + luhn.calc_check_digit(body)


class PayoutDesk(Desk):
    """The finance desk with an approved plan of 3,600,000.00 and four people."""

    def ready(self, price=360_000_000):
        self.claims_of_the_example()
        with transaction():
            court = db.session.get(Court, self.court.id)
            court.bank_name = "中国工商银行云州分行"
            court.settings = {
                **court.settings,
                "treasury": {
                    "name": "云州市财政局",
                    "bank": "中国建设银行",
                    "account": "51001234567890",
                },
            }
            for party in db.session.query(Party).filter_by(case_id=self.case.id):
                party.bank_name = "中国农业银行云州支行"
                party.account_name = party.name
                party.account_number = card(party.id)
        self.bring_proceeds(price)
        self.approve(self.draft())
        return self

    def offers(self, **wanted):
        return list_offers(self.court.id, Wanted(**wanted))

    def choose(self, *, form_key="k1", actor=None, **wanted):
        """Everything that is ready, as the maker sees it."""
        offers = [offer for offer in self.offers(**wanted) if offer.is_ready]
        with transaction():
            return Row(
                choose_all(
                    self.court.id,
                    Wanted(**wanted),
                    count=len(offers),
                    total_minor=sum(offer.debt.amount_minor for offer in offers),
                    form_key=form_key,
                    actor_id=(actor or self.maker).id,
                    now=self.now,
                )
            )

    def submit(self, batch, *, actor=None, day=None):
        with transaction():
            submit_batch(
                batch.id,
                execute_on=day or next_working_day(beijing_day(self.now)),
                court_id=self.court.id,
                actor_id=(actor or self.maker).id,
                now=self.now,
            )
        return batch

    def step_up(self, actor):
        """The password once more, in a session of the person's own."""
        with transaction():
            session = UserSession(
                user_id=actor.id,
                token_hash=f"t{actor.id}-{db.session.query(StepUp).count()}",
                created_at=self.now,
                last_seen_at=self.now,
                expires_at=self.now,
            )
            db.session.add(session)
            db.session.flush()
            return Row(record_step_up(actor, session.id, now=self.now, ip=""))

    def check(self, batch, *, actor=None, sha256=None):
        actor = actor or self.checker
        proof = self.step_up(actor)
        with transaction():
            approve_batch(
                batch.id,
                sha256=sha256 or batch.sha256,
                step_up=proof.read(),
                court_id=self.court.id,
                actor_id=actor.id,
                now=self.now,
            )
        return batch

    def send(self, **more):
        """From the choice to the file."""
        batch = self.check(self.submit(self.choose(**more)), actor=self.checker)
        self.work_off()
        return batch

    def payouts(self, batch=None):
        query = db.session.query(Payout).order_by(Payout.id)
        return list(query.filter_by(batch_id=batch.id) if batch is not None else query)

    def show(self, payout, *, side="debit", text=None, **more):
        """One more line of the bank about a payment of ours."""
        return self.row(
            **{side: payout.amount_minor},
            name=more.pop("name", payout.payee_name),
            account=more.pop("account", payout.payee_account),
            text=end_to_end_id(payout.id) if text is None else text,
            **more,
        )

    def confirm_all(self, batch):
        """The statement shows every payment of the batch."""
        for payout in self.payouts(batch):
            self.show(payout)
        return self.take()

    def batch_rows(self):
        return db.session.query(PayoutBatch).count()

    def payments(self):
        db.session.rollback()
        return db.session.query(PlanPayment).order_by(PlanPayment.id).all()
