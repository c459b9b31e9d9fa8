"""Opening a case, its parties and claims: lawful input beside what is refused."""

import pytest
from builders import (
    make_asset,
    make_case,
    make_claim,
    make_court,
    make_lot,
    make_sale,
    make_user,
    save,
)
from conftest import browser
from signing import sign_in_as
from sqlalchemy import select

from auction.accounts.models import User
from auction.accounts.roles import Role
from auction.cases import services
from auction.cases.models import (
    CaseStatus,
    Claim,
    ClaimClass,
    DebtorKind,
    EnforcementCase,
    FeeKind,
    PartyRole,
)
from auction.cases.queries import find_case
from auction.cases.rules import is_case_number, next_label
from auction.core.audit import AuditEntry
from auction.core.db import db, transaction
from auction.core.errors import DomainError, NotFound
from auction.rulings.models import Ruling, RulingKind


@pytest.mark.parametrize(
    ("number", "good"),
    [
        ("（2026）测0101执1234号", True),
        ("（2026）京02执恢7号之一", True),
        ("（2026）最高法执监414号", False),
        ("2026测0101执1234号", False),
        ("（2026）测0101民初1234号", False),
        ("（26）测0101执1234号", False),
        ("（2026）测0101执号", False),
        ("", False),
    ],
)
def test_a_case_number_has_the_form_the_courts_use(number, good):
    assert is_case_number(number) is good


def test_labels_go_on_after_the_alphabet():
    letters = set("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    assert next_label(set()) == "A"
    assert next_label({"A", "B"}) == "C"
    assert next_label(letters) == "A2"


def open_case(clock, court, clerk, number="(2026)测0101执88号"):
    with transaction():
        return services.open_case(
            court_id=court.id,
            clerk_id=clerk.id,
            number=number,
            title="借款",
            basis="判决书",
            debtor_kind=DebtorKind.INDIVIDUAL,
            now=clock.now(),
        )


def test_half_width_brackets_become_official_ones_and_the_case_gets_its_own_account(app, clock):
    court = make_court(clock.now())
    clerk = make_user(clock.now(), Role.CLERK, court=court)
    case = open_case(clock, court, clerk)
    assert case.number == "（2026）测0101执88号"
    assert case.account_number.startswith(court.account_number[:12])
    assert db.session.scalar(select(AuditEntry.action).where(AuditEntry.case_id.is_(None))) == (
        "open-case"
    )


def test_the_same_case_number_twice_in_one_court_is_refused(any_app, clock):
    court = make_court(clock.now())
    clerk = make_user(clock.now(), Role.CLERK, court=court)
    open_case(clock, court, clerk)
    with pytest.raises(DomainError) as error:
        open_case(clock, court, clerk)
    assert error.value.code == "case-exists"


def test_another_court_does_not_find_the_case(app, clock):
    case = make_case(clock.now())
    stranger = make_user(clock.now(), Role.CLERK, court=make_court(clock.now()))
    with pytest.raises(NotFound):
        find_case(stranger, case.id)


CLAIM = {"claim_class": ClaimClass.ORDINARY, "principal_minor": 100, "fee_kind": FeeKind.NONE}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"claim_class": ClaimClass.SECURED, "rank": 1}, "asset-missing"),
        ({"claim_class": ClaimClass.CONSTRUCTION}, "asset-missing"),
        ({"claim_class": ClaimClass.TAX}, "arose-at-missing"),
        ({"claim_class": ClaimClass.POLICY}, "reason-missing"),
        ({"principal_minor": 0}, "nothing-claimed"),
    ],
)
def test_a_claim_that_lacks_what_its_class_needs_is_refused(app, clock, change, code):
    case = make_case(clock.now())
    values = {**CLAIM, "party_id": case.parties[0].id, **change}
    with pytest.raises(DomainError) as error, transaction():
        services.add_claim(case, values, asset_ids=[], actor_id=case.clerk_id, now=clock.now())
    assert error.value.code == code
    assert db.session.scalar(select(Claim.id)) is None


def test_a_secured_claim_on_an_asset_with_its_rank_is_taken(app, clock):
    case = make_case(clock.now())
    asset = make_asset(clock.now(), case=case)
    values = {**CLAIM, "party_id": case.parties[0].id, "claim_class": ClaimClass.SECURED, "rank": 1}
    with transaction():
        claim = services.add_claim(
            case, values, asset_ids=[asset.id], actor_id=case.clerk_id, now=clock.now()
        )
    assert (claim.label, [a.asset_id for a in claim.assets]) == ("A", [asset.id])


def test_a_debtor_is_nobody_to_register_a_claim_for(app, clock):
    case = make_case(clock.now())
    page = sign_in_as(browser(app), db.session.get(User, case.clerk_id))
    text = page.get(f"/court/cases/{case.id}").text
    creditor, debtor = case.parties
    assert f'<option value="{creditor.id}">{creditor.name}</option>' in text
    assert f'<option value="{debtor.id}">' not in text


def test_a_closed_case_takes_no_more_parties(app, clock):
    case = make_case(clock.now(), status=CaseStatus.CLOSED)
    with pytest.raises(DomainError) as error, transaction():
        services.add_party(
            case, {"role": PartyRole.OTHER, "name": "丙"}, actor_id=case.clerk_id, now=clock.now()
        )
    assert error.value.code == "case-closed"


def test_a_party_is_taken_out_until_something_names_it(any_app, clock):
    case = make_case(clock.now())
    applicant, debtor = case.parties
    with transaction():
        services.add_claim(
            case,
            {**CLAIM, "party_id": applicant.id},
            asset_ids=[],
            actor_id=case.clerk_id,
            now=clock.now(),
        )

    def remove(party_id):
        with transaction():
            services.remove_party(
                find_locked(case), party_id, actor_id=case.clerk_id, now=clock.now()
            )

    with pytest.raises(DomainError) as error:
        remove(applicant.id)
    assert error.value.code == "party-in-use"
    remove(debtor.id)
    assert [party.id for party in find_locked(case).parties] == [applicant.id]
    with pytest.raises(NotFound):
        remove(debtor.id)


def test_a_claim_is_taken_out_until_there_is_money_to_distribute(any_app, clock):
    case = make_case(clock.now())
    sale = make_sale(
        clock.now(), lot=make_lot(clock.now(), asset=make_asset(clock.now(), case=case))
    )
    claims = [make_claim(case), make_claim(case)]

    def remove(claim_id):
        with transaction():
            services.remove_claim(
                find_locked(case), claim_id, actor_id=case.clerk_id, now=clock.now()
            )

    remove(claims[0].id)
    day = clock.now().date()
    save(
        Ruling(
            court_id=case.court_id,
            case_id=case.id,
            sale_id=sale.id,
            kind=RulingKind.DEAL,
            number="裁1",
            made_on=day,
            served_on=day,
            recorded_by=case.clerk_id,
            recorded_at=clock.now(),
        )
    )
    with pytest.raises(DomainError) as error:
        remove(claims[1].id)
    assert error.value.code == "claim-in-use"
    assert [claim.id for claim in find_locked(case).claims] == [claims[1].id]


def find_locked(case):
    return db.session.get(EnforcementCase, case.id, populate_existing=True)
