"""Assets as a member of the court may see them; files as everybody may."""

from __future__ import annotations

from sqlalchemy import select

from auction.accounts.models import User
from auction.assets.models import Asset, StoredFile
from auction.core.db import db
from auction.core.errors import NotFound
from auction.core.i18n import lazy_gettext as _l


def find_asset(user: User, asset_id: int, *, lock: bool = False) -> Asset:
    """One asset of the person's court; raises NotFound."""
    query = select(Asset).where(Asset.id == asset_id, Asset.court_id == user.court_id)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    asset = db.session.scalar(query)
    if asset is None:
        raise NotFound("no-such-asset", _l("没有找到这项财产。"))
    return asset


def find_file(token: str, user: User | None) -> StoredFile:
    """A file that is public, or belongs to the person's own court; raises NotFound."""
    stored = db.session.scalar(select(StoredFile).where(StoredFile.token == token[:43]))
    if stored is None:
        raise NotFound("no-such-file", _l("没有找到这个文件。"))
    own = user is not None and user.court_id is not None and user.court_id == stored.court_id
    if not (stored.is_public or own):
        raise NotFound("no-such-file", _l("没有找到这个文件。"))
    return stored
