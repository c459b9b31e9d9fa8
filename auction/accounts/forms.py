"""Forms of accounts."""

from __future__ import annotations

from wtforms import PasswordField

from auction.accounts.models import IdentityKind
from auction.accounts.roles import Role
from auction.accounts.services import STAFF_ROLES
from auction.core.forms import (
    ChoiceField,
    DayField,
    Filled,
    Form,
    MailField,
    RadioChoiceField,
    StrictIntegerField,
    TextLineField,
)
from auction.core.i18n import lazy_gettext as _l

LANG_NAMES = [("zh", "中文"), ("en", "English")]

ROLE_NAMES = {
    Role.BIDDER: _l("竞买人"),
    Role.CLERK: _l("书记员（法官助理）"),
    Role.JUDGE: _l("法官"),
    Role.FINANCE: _l("财务"),
    Role.AUDITOR: _l("审计管理员"),
    Role.ADMIN: _l("系统管理员"),
    Role.SECURITY: _l("安全管理员"),
}


class LoginForm(Form):
    """Mail address and password; whatever is wrong is told in one sentence on top."""

    email = TextLineField(
        _l("电子邮箱"),
        max_length=254,
        render_kw={"autocomplete": "username", "inputmode": "email", "spellcheck": "false"},
    )
    password = PasswordField(_l("密码"), [Filled()], render_kw={"autocomplete": "current-password"})


class RegisterForm(Form):
    """Account and identity of a member of the public."""

    email = MailField(_l("电子邮箱"), render_kw={"autocomplete": "email"})
    password = PasswordField(
        _l("密码"),
        [Filled()],
        description=_l("至少 10 个字符。几个不相干的词连在一起，既好记又难猜；没有其他格式要求。"),
        render_kw={"autocomplete": "new-password"},
    )
    display_name = TextLineField(
        _l("称呼"),
        max_length=40,
        description=_l("本平台这样称呼您；竞价时只公布竞买代码，不公布称呼和姓名。"),
        render_kw={"autocomplete": "nickname"},
    )
    lang = RadioChoiceField(_l("语言"), choices=LANG_NAMES, default="zh")
    kind = RadioChoiceField(
        _l("以谁的名义参加竞买"),
        choices=[
            (IdentityKind.PERSON.value, _l("自然人")),
            (IdentityKind.COMPANY.value, _l("法人或者非法人组织")),
        ],
        default=IdentityKind.PERSON.value,
    )
    full_name = TextLineField(
        _l("姓名或单位全称"), max_length=100, description=_l("与证件或营业执照完全一致。")
    )
    id_number = TextLineField(
        _l("居民身份证号码或统一社会信用代码"),
        max_length=30,
        description=_l("18 位。加密保存，不对外公布。"),
        render_kw={"autocomplete": "off", "spellcheck": "false"},
    )
    representative = TextLineField(
        _l("法定代表人或负责人姓名"),
        required=False,
        max_length=100,
        description=_l("仅法人或者非法人组织填写。"),
    )
    phone = TextLineField(
        _l("联系电话"),
        max_length=30,
        description=_l("法院只在与您的竞买有关时使用。"),
        render_kw={"autocomplete": "tel", "inputmode": "tel"},
    )


class ProfileForm(Form):
    """How a person is addressed."""

    display_name = TextLineField(_l("称呼"), max_length=40)
    lang = RadioChoiceField(_l("语言"), choices=LANG_NAMES)


class PasswordForm(Form):
    """The old password proves that it is the owner who changes it."""

    old_password = PasswordField(
        _l("现在的密码"), [Filled()], render_kw={"autocomplete": "current-password"}
    )
    password = PasswordField(
        _l("新密码"),
        [Filled()],
        description=_l("至少 10 个字符。更改后，您在其他设备上的登录会全部结束。"),
        render_kw={"autocomplete": "new-password"},
    )


class StaffForm(Form):
    """A new account for a member of a court's staff."""

    email = MailField(_l("电子邮箱"))
    display_name = TextLineField(_l("姓名"), max_length=40)
    court_id = ChoiceField(_l("法院"), coerce=str)
    password = PasswordField(
        _l("初始密码"),
        [Filled()],
        description=_l("至少 10 个字符。请当面交给本人，并请其登录后立即更改。"),
        render_kw={"autocomplete": "new-password"},
    )


class RoleForm(Form):
    """One role to give to an account or to take away."""

    role = ChoiceField(
        _l("角色"), choices=[(r.value, name) for r, name in ROLE_NAMES.items() if r in STAFF_ROLES]
    )


class AuditFilterForm(Form):
    """What to look for in the audit trail; everything may be left open."""

    action = TextLineField(_l("操作"), required=False, max_length=60)
    subject = TextLineField(_l("对象类型"), required=False, max_length=40)
    number = StrictIntegerField(_l("对象编号"), required=False)
    actor = TextLineField(_l("操作人邮箱"), required=False, max_length=254)
    since = DayField(_l("从"), required=False)
    until = DayField(_l("到（含当日）"), required=False)
