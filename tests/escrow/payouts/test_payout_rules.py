"""What a bank takes, and what the file says: tables, refusals beside their accepted twins."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import settings as tries
from hypothesis import strategies as st
from lxml import etree
from payout_stage import card

from escrow.payouts.banks import HEAD_OFFICE_CODES, bank_code_of
from escrow.payouts.message import NAMESPACE, NotValid, Order, Transfer, check_file, write_order
from escrow.payouts.rules import (
    Limits,
    Load,
    bank_text,
    clean_account,
    confirm_days,
    end_to_end_id,
    find_payout_ids,
    judge_account,
    judge_bank_code,
    judge_name,
    limits_of,
    limits_passed,
    message_id,
    return_reason,
    sounds_returned,
)


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (card(1), None),
        (card(1)[:-1] + str((int(card(1)[-1]) + 1) % 10), "bad-card"),
        ("4111111111111111", None),
        ("4111111111111112", "bad-card"),
        ("51001234567890", None),  # a company's account: no check digit
        ("1001-2345-6789", None),
        ("100123", None),
        ("10012", "bad-account"),
        ("1-2-3-4-5", "bad-account"),
        ("1" * 34, None),
        ("1" * 35, "bad-account"),
        ("-123456", "bad-account"),
        ("12345６", "bad-account"),
        ("CN12345678", "bad-account"),
        ("", "no-account"),
    ],
)
def test_accounts(number, said):
    assert judge_account(number) == said


def test_an_account_is_typed_as_people_write_it():
    assert clean_account(" 6217 0000　１２３ ") == "62170000123"


@pytest.mark.parametrize(
    ("code", "said"),
    [
        *((code, None) for code in sorted(HEAD_OFFICE_CODES)),
        ("102100099995", "bad-bank-code"),
        ("10210009999", "bad-bank-code"),
        ("1021000999960", "bad-bank-code"),
        ("１02100099996", "bad-bank-code"),
        ("", "no-bank-code"),
    ],
)
def test_bank_codes(code, said):
    assert judge_bank_code(code) == said


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("中国工商银行股份有限公司云州分行", "102100099996"),
        ("工商银行", "102100099996"),
        ("中国银行云州支行", "104100000004"),
        ("中国 农业银行", "103100000026"),
        ("云州农商银行", ""),
        ("", ""),
    ],
)
def test_a_bank_is_known_by_how_its_name_begins(name, code):
    assert bank_code_of(name) == code


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("张三", None),
        ("阿卜杜拉·买买提", None),
        ("云州（高新）投资有限公司", None),
        ("Ａ１ Trading Co., Ltd.", None),
        ("𠮷野", None),
        ("张三\u200b", "bad-name"),
        ("张三😀", "bad-name"),
        ("张<三>", "bad-name"),
        ("①号公司", "bad-name"),
        ("\ue000", "bad-name"),
        ("张\n三", "bad-name"),
        ("张" * 140, None),
        ("张" * 141, "bad-name"),
        ("  ", "no-name"),
    ],
)
def test_names(name, said):
    assert judge_name(name) == said


def test_our_own_words_are_made_fit_and_cut():
    assert bank_text("（2026）测01执1号 <执行>&款\n😀") == "（2026）测01执1号 执行 款"
    assert len(bank_text("款" * 500)) == 140


@given(st.integers(min_value=1, max_value=10**10 - 1), st.text(alphabet="款 0AZ", max_size=5))
@tries(max_examples=200)
def test_a_payment_is_found_by_its_name_in_any_words(payout_id, words):
    name = end_to_end_id(payout_id)
    assert len(name) <= 35
    assert find_payout_ids(f"{words} {name} {words}") == [payout_id]


def test_a_mistyped_name_names_no_payment():
    name = end_to_end_id(1234)
    for place in range(3, len(name)):
        wrong = f"{name[:place]}{(int(name[place]) + 1) % 10}{name[place + 1 :]}"
        assert find_payout_ids(wrong) == []
    assert find_payout_ids(f"{name}0") == []
    assert find_payout_ids(f"{end_to_end_id(2)} {end_to_end_id(1)} {end_to_end_id(2)}") == [2, 1]


@pytest.mark.parametrize(
    ("words", "is_return"),
    [
        ("退汇 账号户名不符", True),
        ("RTRN AC04", True),
        ("ＡＣ０４ 账户已销", True),
        ("货款", False),
        ("BEIJING", False),
    ],
)
def test_banks_announce_returns_in_their_words(words, is_return):
    assert sounds_returned(words) is is_return


def test_the_reason_of_a_return_is_told_without_our_name():
    assert return_reason(f"{end_to_end_id(5)} 户名不符 AC04") == "AC04 户名不符"
    assert return_reason("户名 不符") == "户名 不符"


def test_a_court_sets_its_limits_and_nonsense_changes_nothing():
    assert limits_of({}) == Limits()
    told = {"payment_minor": 5, "day_minor": -1, "person_day_minor": True, "other": 3}
    assert limits_of({"payout_limits": told}) == Limits(payment_minor=5)
    assert limits_of({"payout_limits": "x"}) == Limits()
    assert (confirm_days({}), confirm_days({"payout_confirm_days": 0})) == (3, 3)
    assert confirm_days({"payout_confirm_days": 5}) == 5


@pytest.mark.parametrize(
    ("load", "passed"),
    [
        (Load(100, 300, 200, 50), ()),
        (Load(101, 300, 200, 50), ("payment",)),
        (Load(100, 301, 200, 50), ("day",)),
        (Load(100, 300, 200, 101), ("person-day",)),
        (Load(101, 301, 500, 500), ("payment", "day", "person-day")),
    ],
)
def test_limits_are_passed_by_the_first_fen_above_them(load, passed):
    limits = Limits(payment_minor=100, day_minor=500, person_day_minor=400)
    assert limits_passed(load, limits) == passed


# ── the file ────────────────────────────────────────────────────────────────────────────────────


def transfer(number, **more):
    values = {
        "end_to_end_id": end_to_end_id(number),
        "amount_minor": 100 + number,
        "currency": "CNY",
        "debtor_account": "6200000000000001",
        "payee_name": "张三",
        "payee_account": card(number),
        "payee_bank": "中国银行",
        "payee_bank_code": "104100000004",
        "purpose": "执行案款",
        "remittance": f"{end_to_end_id(number)} （2026）测01执1号 执行案款",
        **more,
    }
    return Transfer(**values)


def order(*transfers):
    return Order(
        message_id=message_id(7, 12),
        created_at=datetime(2026, 11, 24, 2, 0, tzinfo=UTC),
        execute_on=date(2026, 11, 25),
        debtor_name="测试法院执行款专户",
        debtor_bank="中国工商银行",
        debtor_bank_code="102100099996",
        transfers=transfers,
    )


def find(data, path):
    steps = "/".join(f"{{{NAMESPACE}}}{name}" for name in path.split("/"))
    return [node.text for node in etree.fromstring(data).iterfind(f".//{steps}")]


def test_the_file_says_what_the_order_says():
    data = write_order(order(transfer(1), transfer(2, debtor_account="62002"), transfer(3)))
    assert find(data, "GrpHdr/MsgId") == ["LC00007B00000012"]
    assert find(data, "GrpHdr/NbOfTxs") == ["3"]
    assert find(data, "GrpHdr/CtrlSum") == ["3.06"]
    assert find(data, "PmtInf/CtrlSum") == ["2.04", "1.02"]  # a debtor account each
    assert find(data, "DbtrAcct/Id/Othr/Id") == ["6200000000000001", "62002"]
    assert find(data, "PmtId/EndToEndId") == [end_to_end_id(n) for n in (1, 3, 2)]
    assert find(data, "CdtrAcct/Id/Othr/Id") == [card(1), card(3), card(2)]
    assert find(data, "CdtrAgt/FinInstnId/ClrSysMmbId/ClrSysId/Cd") == ["CNAPS"] * 3
    assert find(data, "CdtrAgt/FinInstnId/ClrSysMmbId/MmbId") == ["104100000004"] * 3
    assert find(data, "CdtTrfTxInf/Purp/Prtry") == ["执行案款"] * 3
    assert find(data, "PmtInf/BtchBookg") == ["false", "false"]
    assert find(data, "ReqdExctnDt/Dt") == ["2026-11-25"] * 2


names = st.text(alphabet="张三李（）·A1 ", min_size=1, max_size=140).filter(str.strip)


@given(
    st.lists(
        st.tuples(st.integers(1, 10**15), names, st.sampled_from(["", "中国银行"])),
        min_size=1,
        max_size=6,
    )
)
@tries(max_examples=60, deadline=None)
def test_every_file_is_valid_and_always_the_same(rows):
    transfers = [
        transfer(number, amount_minor=amount, payee_name=name.strip(), payee_bank=bank)
        for number, (amount, name, bank) in enumerate(rows, start=1)
    ]
    data = write_order(order(*transfers))
    assert data == write_order(order(*transfers))
    check_file(data, count=len(rows), total_minor=sum(amount for amount, _n, _b in rows))


@pytest.mark.parametrize(
    "wrong",
    [
        {"payee_name": "张" * 141},
        {"payee_account": "1" * 35},
        {"remittance": "款" * 141},
        {"purpose": "款" * 36},
        {"currency": "cny"},
        {"payee_name": ""},
    ],
)
def test_what_the_schema_does_not_allow_never_leaves(wrong):
    with pytest.raises(NotValid):
        write_order(order(transfer(1, **wrong)))


def test_a_file_that_does_not_add_up_never_leaves():
    data = write_order(order(transfer(1), transfer(2)))
    with pytest.raises(NotValid, match="payments of"):
        check_file(data, count=2, total_minor=204)
    with pytest.raises(NotValid, match="twice"):
        write_order(order(transfer(1), transfer(1)))
    changed = data.replace(b"<NbOfTxs>2<", b"<NbOfTxs>3<", 1)
    with pytest.raises(NotValid, match="header"):
        check_file(changed, count=2, total_minor=203)
