"""The live room's socket events: parsed, authorised, and handed to the intake or the queries.

No event starts a Flask request, so nothing of `before_request` guards it: each names its
permission here, and one that is not in the table is refused.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from flask_socketio import SocketIO
from socketio import exceptions as socket_errors

from auction.accounts.sessions import resolve_cookie
from auction.core.access import PUBLIC
from auction.core.clock import Clock
from auction.core.config import Settings
from auction.core.errors import DomainError, Forbidden, NotFound
from auction.core.i18n import LANGS, force_lang
from auction.core.i18n import lazy_gettext as _l
from auction.core.log import get_logger
from bidding.room.answers import RATE_LIMITED, Answer, show_answer
from bidding.room.broadcaster import Broadcaster
from bidding.room.directory import Directory
from bidding.room.intake import Intake
from bidding.room.limits import FULL_QUEUE, WATCHERS_RETRY_SECONDS, BidLimiter
from bidding.room.payloads import parse_bid, parse_instruct, parse_lot, parse_watch
from bidding.room.queries import load_bids, load_snapshot, minimum_for_user
from bidding.room.requests import Kind
from bidding.room.sessions import LiveSessions
from bidding.room.snapshot import Snapshot, show_bid, show_state
from bidding.room.wire import StrictPacket, Wire

MOST_LOTS_WATCHED = 50
LARGEST_MESSAGE = 16_384
SESSION_ENDED = "session-ended"

log = get_logger()

Reply = Callable[[Any], None]


@dataclass(slots=True)
class Client:
    """One connection: who it is, as resolved from its cookie, and what it watches."""

    sid: str
    eio_sid: str
    lang: str
    has_origin: bool
    user_id: int | None = None
    session_id: int | None = None
    watched: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Event:
    """A socket event: the permission it asks for, and what it does."""

    permission: str
    handle: Callable[[SocketRoom, Client, Any, Reply], None]


EVENTS: dict[str, Event] = {}


def on(name: str, permission: str) -> Callable[..., Any]:
    """Register an event under its permission."""

    def register(handle: Callable[[SocketRoom, Client, Any, Reply], None]) -> Any:
        EVENTS[name] = Event(permission, handle)
        return handle

    return register


class SocketRoom:
    """All connections of this process."""

    def __init__(
        self, app: Flask, wire: Wire, intake: Intake, broadcaster: Broadcaster, directory: Directory
    ) -> None:
        self.app = app
        self.wire = wire
        self.intake = intake
        self.broadcaster = broadcaster
        self.directory = directory
        self.clock: Clock = intake.clock
        self.sessions = LiveSessions(app)
        self.limiter: BidLimiter = app.extensions["luochui.bid_limiter"]
        self.clients: dict[str, Client] = {}
        self.most_watchers = int(app.config["MOST_WATCHERS"])
        self._strangers = 0

    # ── connections ─────────────────────────────────────────────────────────────────────────────

    def connect(self, sid: str, environ: dict[str, Any], _auth: object = None) -> None:
        """Anyone may watch; the origin was checked at the handshake where there is one."""
        cookie = str(environ.get("HTTP_COOKIE", ""))
        client = Client(
            sid,
            self.wire.engine_id(sid),
            _lang_of(cookie),
            has_origin=bool(environ.get("HTTP_ORIGIN")),
        )
        # A page of another site cannot leave out its origin; a program without one only watches.
        visitor = resolve_cookie(self.app, cookie) if client.has_origin else None
        if visitor is not None:
            client.user_id, client.session_id = visitor.user_id, visitor.session_id
            client.lang = visitor.lang
            self.sessions.attach(visitor.session_id)
        else:
            self._admit_stranger(client)
        self.clients[sid] = client

    def _admit_stranger(self, client: Client) -> None:
        """When it is full, those who only watch stay outside; bidders never do (CN16-8.1).

        Their page goes on by asking over HTTP, where any number is served from a cache.
        """
        if self._strangers >= self.most_watchers:
            self.wire.hang_up_soon(client.eio_sid)
            wait = {"retry_after": WATCHERS_RETRY_SECONDS}
            raise socket_errors.ConnectionRefusedError("busy", wait)
        self._strangers += 1

    def disconnect(self, sid: str, _reason: object = None) -> None:
        """Whoever has gone watches nothing."""
        client = self.clients.pop(sid, None)
        if client is None:
            return
        for sale_id in client.watched.values():
            self.broadcaster.unwatch(sale_id, client.eio_sid)
        if client.session_id is None:
            self._strangers -= 1
        else:
            self.sessions.detach(client.session_id)

    # ── events ──────────────────────────────────────────────────────────────────────────────────

    def dispatch(self, sid: str, event: object, args: list[Any], reply: Reply) -> None:
        """One event of one client; whatever is wrong with it is answered as a problem object."""
        client = self.clients.get(sid)
        if client is None:
            return
        try:
            found = EVENTS.get(event) if isinstance(event, str) else None
            if found is None:
                raise NotFound("unknown-event", _l("没有这种操作，或内容无法识别。"))
            self._check_right(client, found.permission)
            found.handle(self, client, args[0] if len(args) == 1 else None, reply)
        except DomainError as error:
            reply(self._problem(error, client.lang))
            if error.code == SESSION_ENDED:
                self.wire.disconnect(client.sid)
        except Exception:  # a bug or a broken database: the client is told, the socket lives
            log.exception("socket event failed", name=str(event)[:20])
            broken = DomainError("unavailable", _l("系统暂时无法处理，请稍后再试。"), status=503)
            reply(self._problem(broken, client.lang))

    def _check_right(self, client: Client, permission: str) -> None:
        """The right is looked up now, not remembered from the connection (4.4.3)."""
        if permission == PUBLIC:
            return
        if client.session_id is None:
            if not client.has_origin:
                raise Forbidden("bad-origin", _l("请求来源不是本平台。"))
            raise DomainError("not-signed-in", _l("请先登录。"), status=401)
        rights = self.sessions.rights(client.session_id, self.clock.now())
        if rights is None:
            raise DomainError(SESSION_ENDED, _l("登录已失效，请重新登录。"), status=401)
        if permission not in rights:
            raise Forbidden("forbidden", _l("您的身份不能进行此操作。"))

    def _problem(self, error: DomainError, lang: str) -> dict[str, Any]:
        with self.app.app_context():
            return _problem(error, lang)

    def sale_of(self, lot: str) -> int:
        """The sale a lot number means; the directory is asked only for what it does not know."""
        known = self.directory.recall(lot)
        if known is not None:
            return known
        with self.app.app_context():
            return self.directory.sale_of(lot)

    def put(self, client: Client, lot: str, kind: Kind, reply: Reply, **fields: object) -> None:
        """Queue a bidder's request; its answer is sent when it is decided."""
        sale_id = self.sale_of(lot)

        def answer(decided: Answer) -> None:
            if decided.snapshot is not None and decided.snapshot.is_final:
                self.directory.forget(decided.snapshot)
            reply(show_answer(decided, self.clock.now(), client.lang))

        self.intake.put(sale_id, kind, answer, user_id=client.user_id, **fields)

    def admit_bid(self, client: Client, sale_id: int) -> bool:
        """Whether this bid is taken now, or its sender sends too many."""
        return client.user_id is not None and self.limiter.admit(
            client.user_id, sale_id, self.clock.now(), len(self.intake.queue_of(sale_id))
        )

    def current(self, lot: str) -> Snapshot:
        """The sale the lot number means, as committed."""
        for _attempt in range(2):
            snapshot = load_snapshot(self.directory.sale_of(lot))
            if snapshot is not None and not snapshot.is_final:
                return snapshot
            if snapshot is not None:
                self.directory.forget(snapshot)
        if snapshot is None:
            raise NotFound("unknown-lot", _l("没有这个标的。"))
        return snapshot


@on("watch", PUBLIC)
def watch(room: SocketRoom, client: Client, payload: Any, reply: Reply) -> None:
    """Tell everything of a lot from now on; the answer holds what stands and the bids so far."""
    lot, after = parse_watch(payload)
    with room.app.app_context():
        reply(_begin_watching(room, client, lot, after))


def _begin_watching(room: SocketRoom, client: Client, lot: str, after: int) -> dict[str, Any]:
    if client.user_id is None and room.intake.backlog() > FULL_QUEUE:
        raise DomainError("busy", _l("访问人数过多，请稍候再试。"), status=503, retry_after=5)
    if lot not in client.watched and len(client.watched) >= MOST_LOTS_WATCHED:
        raise DomainError("too-many-lots", _l("同时观看的标的过多。"), status=429, retry_after=5)
    sale_id = room.current(lot).sale_id
    previous = client.watched.get(lot)
    if previous not in (None, sale_id):
        room.broadcaster.unwatch(previous, client.eio_sid)
    # First listen, then read: nothing committed in between is missed.
    client.watched[lot] = sale_id
    room.broadcaster.watch(sale_id, client.eio_sid)
    snapshot = load_snapshot(sale_id)
    if snapshot is None:
        raise NotFound("unknown-lot", _l("没有这个标的。"))
    room.broadcaster.begin(snapshot)
    bids = [bid for bid in load_bids(sale_id, after) if bid.seq <= snapshot.seq]
    state = show_state(snapshot, room.clock.now(), minimum_for_user(snapshot, client.user_id))
    return {"ok": True, "state": state, "bids": [show_bid(bid) for bid in bids]}


@on("unwatch", PUBLIC)
def unwatch(room: SocketRoom, client: Client, payload: Any, reply: Reply) -> None:
    """Tell nothing more of a lot."""
    sale_id = client.watched.pop(parse_lot(payload), None)
    if sale_id is not None:
        room.broadcaster.unwatch(sale_id, client.eio_sid)
    reply({"ok": True})


@on("bid", "bidder.bid")
def bid(room: SocketRoom, client: Client, payload: Any, reply: Reply) -> None:
    """Offer an amount."""
    sent = parse_bid(payload)
    if not room.admit_bid(client, room.sale_of(sent.lot)):
        answer = Answer(accepted=False, reason=RATE_LIMITED)
        with room.app.app_context():
            shown = show_answer(answer, room.clock.now(), client.lang)
        reply({**shown, "retry_after": 1})
        return
    room.put(
        client, sent.lot, Kind.BID, reply, amount=sent.amount, key=sent.key, confirm=sent.confirm
    )


@on("instruct", "bidder.bid")
def instruct(room: SocketRoom, client: Client, payload: Any, reply: Reply) -> None:
    """Leave a limit up to which the platform bids for its owner."""
    lot, limit = parse_instruct(payload)
    room.put(client, lot, Kind.INSTRUCT, reply, amount=limit)


@on("cancel", "bidder.bid")
def cancel(room: SocketRoom, client: Client, payload: Any, reply: Reply) -> None:
    """Take the limit back."""
    room.put(client, parse_lot(payload), Kind.CANCEL, reply)


def _problem(error: DomainError, lang: str) -> dict[str, Any]:
    """A problem object (RFC 9457) that is also a refusal, for clients that only look at that."""
    with force_lang(lang):
        message = str(error.message)
    return {
        "type": "about:blank",
        "title": message,
        "status": error.status,
        "code": error.code,
        "ok": False,
        "accepted": False,
        "reason": error.code,
        "message": message,
        **error.data,
    }


def _lang_of(cookie: str) -> str:
    for part in cookie.split(";"):
        name, _, value = part.strip().partition("=")
        if name == "lang" and value in LANGS:
            return value
    return "zh"


def init_sockets(app: Flask, intake: Intake, directory: Directory) -> SocketRoom:
    """Attach the socket server to the application; websocket transport only (P-28)."""
    settings: Settings = app.extensions["luochui.settings"]
    socketio = SocketIO(
        app,
        async_mode=_async_mode(),
        async_handlers=False,
        transports=["websocket"],
        cors_allowed_origins=[settings.public_url],
        manage_session=False,
        serializer=StrictPacket,
        max_http_buffer_size=LARGEST_MESSAGE,
        ping_interval=20,
        ping_timeout=10,
    )
    wire = Wire(socketio.server)
    broadcaster = Broadcaster(app, intake.clock, wire)
    room = SocketRoom(app, wire, intake, broadcaster, directory)
    wire.receive(room.dispatch)
    socketio.server.on("connect", room.connect)
    socketio.server.on("disconnect", room.disconnect)
    return room


def _async_mode() -> str:
    """Greenlets where gunicorn's gevent worker has patched the standard library, else threads."""
    from gevent import monkey

    return "gevent" if monkey.is_module_patched("socket") else "threading"
