"""Registering: a real name, sealed; a refusal that keeps what was typed and tells on nobody."""

from __future__ import annotations

import threading

import pytest
from builders import make_user
from conftest import browser
from signing import csrf_of
from sqlalchemy import func, select
from stdnum.cn import ric

from auction.accounts.models import Identity, IdentityKind, User
from auction.accounts.roles import Role
from auction.accounts.services import NewIdentity, register_bidder
from auction.core.audit import AuditEntry
from auction.core.db import db, transaction
from auction.core.errors import DomainError

PASSWORD = "purple monkey dishwasher"


def person_id(born_on="19900101", order="001"):
    head = f"110101{born_on}{order}"
    return head + ric.calc_check_digit(head + "0")


def person(**more):
    return {
        "email": "new@test.example",
        "password": PASSWORD,
        "display_name": "新人",
        "lang": "zh",
        "kind": "person",
        "full_name": "张三",
        "id_number": person_id(),
        "representative": "",
        "phone": "13800000000",
        **more,
    }


def company(**more):
    firm = {
        "kind": "company",
        "full_name": "测试有限公司",
        "id_number": "91110000600037341L",
        "representative": "李四",
    }
    return person(**{**firm, **more})


def send(client, data):
    return client.post("/register", data={**data, "csrf_token": csrf_of(client)})


def count_users():
    return db.session.scalar(select(func.count()).select_from(User))


def test_the_page_says_what_is_collected_and_why_before_asking(client):
    page = client.get("/register").text
    assert page.index("收集什么，为什么") < page.index('name="id_number"')
    for word in ("第十七条", "法定职责", "敏感个人信息", "十年"):
        assert word in page


def test_a_person_registers_and_signs_in(app, client, clock):
    answer = send(client, person(email="New@Test.Example", id_number=person_id().lower()))
    assert (answer.status_code, answer.location) == (302, "/login")
    user = db.session.scalars(select(User)).one()
    assert (user.email, user.roles, user.court_id) == ("new@test.example", {"bidder"}, None)
    identity = user.identity
    assert (identity.kind, identity.full_name) == (IdentityKind.PERSON, "张三")
    assert identity.id_number == person_id()
    assert identity.verified_at == clock.now()
    entry = db.session.scalars(select(AuditEntry)).one()
    assert (entry.action, entry.actor_id) == ("register", user.id)
    assert person_id() not in str(entry.detail)
    signed_in = client.post(
        "/login",
        data={"email": user.email, "password": PASSWORD, "csrf_token": csrf_of(client)},
    )
    assert signed_in.location == "/me"


def test_a_company_registers_with_its_representative(client):
    assert send(client, company()).status_code == 302
    identity = db.session.scalars(select(Identity)).one()
    assert (identity.kind, identity.representative) == (IdentityKind.COMPANY, "李四")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (person(email="not an address"), "完整的电子邮箱"),
        (person(email="\uff42idder@test.example"), "完整的电子邮箱"),
        (person(email="b\u0131dder@test.example"), "完整的电子邮箱"),
        (person(password="short"), "至少 10 个字符"),
        (person(password="1234567890"), "太容易被猜到"),
        (person(password="new@test.example"), "太容易被猜到"),
        (person(display_name=" "), "称呼"),
        (person(lang="fr"), "所列选项"),
        (person(kind="ghost"), "所列选项"),
        (person(full_name="张\x00三"), "控制字符"),
        (person(id_number="110101199001010010"), "身份证号码不正确"),
        (person(id_number=person_id("20091103")), "须先由法院确认"),
        (person(id_number=person_id("20120101")), "完全民事行为能力"),
        (person(phone="abc"), "电话号码"),
        (company(representative=""), "法定代表人"),
        (company(id_number="91110000600037342L"), "统一社会信用代码不正确"),
        (person(kind="company"), "法定代表人"),
    ],
)
def test_a_fault_is_told_what_was_typed_is_kept_and_the_password_is_not(client, data, words):
    answer = send(client, data)
    assert answer.status_code == 422
    assert words in answer.text
    assert data["password"] not in answer.text.replace(data["email"], "")
    assert data["phone"] in answer.text
    assert count_users() == 0


def test_a_taken_address_and_a_taken_identity_get_the_same_sentence(client, clock):
    assert send(client, person()).status_code == 302
    same_mail = send(client, person(id_number=person_id(order="003")))
    same_identity = send(client, person(email="other@test.example"))
    sentence = "用这个邮箱或这份证件不能再开立账号"
    for answer in (same_mail, same_identity):
        assert answer.status_code == 422
        assert sentence in answer.text
    assert "张三" not in same_mail.text.replace('value="张三"', "")
    assert count_users() == 1


def test_one_identity_is_registered_once_even_by_two_at_the_same_moment(any_app, clock):
    results = []
    gate = threading.Barrier(2)

    def register(n):
        with any_app.app_context():
            gate.wait()
            try:
                with transaction():
                    register_bidder(
                        email=f"twin{n}@test.example",
                        password_hash="x",
                        display_name="双",
                        lang="zh",
                        identity=NewIdentity(
                            IdentityKind.PERSON, "张三", person_id(), "13800000000"
                        ),
                        now=clock.now(),
                    )
                results.append("done")
            except DomainError as error:
                results.append(error.code)

    threads = [threading.Thread(target=register, args=(n,)) for n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == ["already-registered", "done"]
    assert count_users() == 1


@pytest.mark.parametrize(
    "extra",
    [
        {"role": "admin"},
        {"roles": "clerk"},
        {"court_id": "1"},
        {"is_active": "0"},
        {"verified_at": "x"},
    ],
)
def test_fields_nobody_asked_for_change_nothing(client, extra):
    assert send(client, {**person(), **extra}).status_code == 302
    user = db.session.scalars(select(User)).one()
    assert (user.roles, user.court_id, user.is_active) == ({"bidder"}, None, True)


def test_a_flood_of_registrations_from_one_place_is_slowed_down(app, client):
    token = csrf_of(client)
    for _ in range(120):
        client.post("/register", data={"csrf_token": token})
    answer = client.post("/register", data={"csrf_token": token})
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0
    elsewhere = browser(app)
    elsewhere.environ_base["REMOTE_ADDR"] = "203.0.113.9"
    assert send(elsewhere, person()).status_code == 302


def test_who_is_signed_in_does_not_register_again(app, clock, client):
    from signing import sign_in_as

    sign_in_as(client, make_user(clock.now(), Role.BIDDER))
    assert client.get("/register").location == "/me"
