"""The three administrations: accounts, roles, audit; each alone, none over itself."""

from __future__ import annotations

import itertools
from types import SimpleNamespace

import pytest
from builders import make_bidder, make_case, make_court, make_user
from conftest import browser
from signing import csrf_of, sign_in_as
from sqlalchemy import select

from auction.accounts.models import User
from auction.accounts.roles import RIGHTS, Role, conflicting_roles, rights_of
from auction.core.audit import AuditEntry, record
from auction.core.db import db, transaction

PASSWORD = "purple monkey dishwasher"


@pytest.fixture
def house(app, clock):
    """A court with its three administrators and a clerk, and another court."""
    court, other = make_court(clock.now()), make_court(clock.now())
    return SimpleNamespace(
        court=court,
        other=other,
        admin=make_user(clock.now(), Role.ADMIN, court=court),
        security=make_user(clock.now(), Role.SECURITY, court=court),
        auditor=make_user(clock.now(), Role.AUDITOR, court=court),
        clerk=make_user(clock.now(), Role.CLERK, court=court),
        stranger=make_user(clock.now(), Role.CLERK, court=other),
    )


def send(client, path, **data):
    return client.post(path, data={**data, "csrf_token": csrf_of(client)})


def new_account(house, **more):
    return {
        "email": "fresh@court.example",
        "display_name": "新同事",
        "court_id": str(house.court.id),
        "password": PASSWORD,
        **more,
    }


@pytest.mark.parametrize(
    ("path", "right"),
    [("/admin/accounts", Role.ADMIN), ("/admin/roles", Role.SECURITY), ("/audit", Role.AUDITOR)],
)
def test_each_console_opens_for_its_administrator_alone(app, clock, house, path, right):
    assert browser(app).get(path).location.startswith("/login")
    for role in Role:
        client = sign_in_as(browser(app), make_user(clock.now(), role, court=house.court))
        assert client.get(path).status_code == (200 if role is right else 403)


def test_the_rights_table_gives_the_administrations_nothing_of_each_other():
    for one, two in itertools.combinations((Role.ADMIN, Role.SECURITY, Role.AUDITOR), 2):
        assert not rights_of([one]) & rights_of([two])
    assert all(right and roles for right, roles in RIGHTS.items())
    assert rights_of([Role.ADMIN]) == {"account.manage"}
    assert rights_of([Role.SECURITY]) == {"role.manage"}


@pytest.mark.parametrize("pair", list(itertools.combinations(Role, 2)), ids="+".join)
def test_only_the_working_roles_of_a_court_go_together(pair):
    working = {Role.CLERK, Role.JUDGE, Role.FINANCE}
    assert conflicting_roles(pair) == (not set(pair) <= working)


def test_an_account_is_opened_without_rights_and_gets_them_from_another_person(app, house, client):
    sign_in_as(client, house.admin)
    assert send(client, "/admin/accounts", **new_account(house)).status_code == 302
    user = db.session.scalars(select(User).where(User.email == "fresh@court.example")).one()
    assert (user.roles, user.court_id) == (frozenset(), house.court.id)
    security = sign_in_as(browser(app), house.security)
    assert send(security, f"/admin/roles/{user.id}/grant", role="judge").status_code == 302
    assert user.roles == {"judge"}
    assert send(security, f"/admin/roles/{user.id}/grant", role="finance").status_code == 302
    assert send(security, f"/admin/roles/{user.id}/revoke", role="judge").status_code == 302
    assert user.roles == {"finance"}
    acts = db.session.execute(
        select(AuditEntry.action, AuditEntry.actor_id)
        .where(AuditEntry.subject_id == user.id, AuditEntry.action != "sign-in")
        .order_by(AuditEntry.id)
    ).all()
    assert [tuple(act) for act in acts] == [
        ("create-account", house.admin.id),
        ("grant-role", house.security.id),
        ("grant-role", house.security.id),
        ("revoke-role", house.security.id),
    ]


def test_a_taken_address_or_a_weak_password_is_refused_on_the_page(house, client):
    sign_in_as(client, house.admin)
    taken = send(client, "/admin/accounts", **new_account(house, email=house.clerk.email))
    assert taken.status_code == 422
    assert house.clerk.email in taken.text
    weak = send(client, "/admin/accounts", **new_account(house, password="1234567890"))
    assert weak.status_code == 422
    assert "太容易被猜到" in weak.text


def test_an_administrator_of_a_court_reaches_no_other(app, house, client):
    sign_in_as(client, house.admin)
    page = client.get("/admin/accounts").text
    assert house.clerk.email in page
    assert house.stranger.email not in page
    assert send(client, f"/admin/accounts/{house.stranger.id}/deactivate").status_code == 404
    foreign = send(client, "/admin/accounts", **new_account(house, court_id=str(house.other.id)))
    assert foreign.status_code == 422
    security = sign_in_as(browser(app), house.security)
    assert (
        send(security, f"/admin/roles/{house.stranger.id}/grant", role="judge").status_code == 404
    )
    assert house.stranger.is_active
    assert house.stranger.roles == {"clerk"}


def test_accounts_of_the_public_are_not_in_the_staff_consoles(app, clock, house, client):
    bidder = make_bidder(clock.now())
    sign_in_as(client, house.admin)
    assert bidder.email not in client.get("/admin/accounts").text
    assert send(client, f"/admin/accounts/{bidder.id}/deactivate").status_code == 404
    security = sign_in_as(browser(app), house.security)
    assert send(security, f"/admin/roles/{bidder.id}/grant", role="judge").status_code == 404


def test_a_closed_account_is_out_at_once_and_stays_out(app, house, client):
    clerk = sign_in_as(browser(app), house.clerk)
    assert clerk.get("/api/v1/me").status_code == 200
    sign_in_as(client, house.admin)
    assert send(client, f"/admin/accounts/{house.clerk.id}/deactivate").status_code == 302
    assert clerk.get("/api/v1/me").status_code == 401
    assert "已停用" in client.get("/admin/accounts").text
    assert send(client, f"/admin/accounts/{house.clerk.id}/deactivate").status_code == 302


def test_a_role_taken_away_counts_from_the_next_request(app, house, client):
    auditor = sign_in_as(browser(app), house.auditor)
    assert auditor.get("/audit").status_code == 200
    sign_in_as(client, house.security)
    send(client, f"/admin/roles/{house.auditor.id}/revoke", role="auditor")
    assert auditor.get("/audit").status_code == 403


@pytest.mark.parametrize("role", ["admin", "security", "auditor"])
def test_roles_that_exclude_each_other_are_refused(house, client, role):
    sign_in_as(client, house.security)
    answer = send(client, f"/admin/roles/{house.clerk.id}/grant", role=role)
    assert answer.status_code == 422
    assert "三员" in answer.text
    assert house.clerk.roles == {"clerk"}


@pytest.mark.parametrize("role", ["bidder", "root", "", "CLERK"])
def test_a_role_nobody_may_give_is_refused(house, client, role):
    sign_in_as(client, house.security)
    answer = send(client, f"/admin/roles/{house.clerk.id}/grant", role=role)
    assert answer.status_code == 422
    assert house.clerk.roles == {"clerk"}


def test_nobody_acts_on_the_own_account(app, house, client):
    sign_in_as(client, house.security)
    assert send(client, f"/admin/roles/{house.security.id}/grant", role="judge").status_code == 403
    assert (
        send(client, f"/admin/roles/{house.security.id}/revoke", role="security").status_code == 403
    )
    admin = sign_in_as(browser(app), house.admin)
    assert send(admin, f"/admin/accounts/{house.admin.id}/deactivate").status_code == 403
    assert house.admin.is_active


# ── audit ───────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def trail(house, clock):
    """Acts of both courts, one a minute."""
    ours = make_case(clock.now(), court=house.court, clerk=house.clerk)
    theirs = make_case(clock.now(), court=house.other, clerk=house.stranger)
    for case, clerk in ((ours, house.clerk), (theirs, house.stranger)):
        clock.advance(days=1)
        party = case.parties[0]
        with transaction():
            record(f"act-on-{case.id}", party, actor_id=clerk.id, at=clock.now(), detail={"n": 7})
    return SimpleNamespace(ours=ours, theirs=theirs)


def test_the_audit_trail_shows_the_own_court_and_never_another(house, client, trail):
    sign_in_as(client, house.auditor)
    page = client.get("/audit").text
    assert f"act-on-{trail.ours.id}" in page
    assert house.clerk.email in page
    assert house.stranger.email not in page
    table = page[page.index("<tbody>") :]
    assert f"act-on-{trail.theirs.id}" not in table


def test_the_audit_trail_is_filtered(house, client, trail):
    sign_in_as(client, house.auditor)
    wanted = f"act-on-{trail.ours.id}"

    def rows(**query):
        page = client.get("/audit", query_string=query).text
        return page[page.index("<tbody>") :].count("<td data-label")

    everything = rows()
    assert rows(action=wanted) < everything
    assert rows(action=wanted) == rows(actor=house.clerk.email) == rows(subject="party", number="1")
    assert rows(since="2026-11-03", until="2026-11-03") == rows(action=wanted)
    assert rows(until="2026-11-02", action=wanted) == 0
    assert rows(action="none") == 0
    assert client.get("/audit?number=x").status_code == 422
    assert client.get("/audit?since=yesterday").status_code == 422


def test_the_audit_trail_is_read_in_pages(house, clock, client):
    with transaction():
        for _ in range(120):
            record("tick", house.clerk, actor_id=house.clerk.id, at=clock.now())
    sign_in_as(client, house.auditor)
    first = client.get("/audit?action=tick").text
    assert "共 120 项，第 1／3 页" in first
    assert "action=tick" in first[first.index('class="pager"') :]
    last = client.get("/audit?action=tick&page=3").text
    assert last[last.index("<tbody>") :].count("<code>user/") == 20
    for odd in ("0", "-1", "x", "１", "9" * 20):
        assert client.get(f"/audit?page={odd}").status_code == 200


def test_the_court_itself_is_not_asked_for_by_the_auditor_of_all(app, clock, house, client, trail):
    sign_in_as(client, make_user(clock.now(), Role.AUDITOR))
    page = client.get("/audit").text
    assert house.clerk.email in page
    assert house.stranger.email in page
