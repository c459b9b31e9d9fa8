"""What is written to a connection arrives whole and in order, and nobody waits for its reader."""

from __future__ import annotations

import inspect
import socket
import threading

import pytest
import simple_websocket
from engineio.async_drivers import _websocket_wsgi
from engineio.socket import Socket

from bidding.room.line import LARGEST_BACKLOG, Outgoing, frame_of


@pytest.fixture
def pair():
    ours, theirs = socket.socketpair()
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    theirs.settimeout(20)
    yield ours, theirs
    ours.close()
    theirs.close()


def read_all(theirs: socket.socket, size: int) -> bytes:
    parts = bytearray()
    while len(parts) < size:
        part = theirs.recv(65_536)
        assert part
        parts += part
    return bytes(parts)


@pytest.mark.parametrize(
    ("size", "head"),
    [
        (0, b"\x81\x00"),
        (125, b"\x81\x7d"),
        (126, b"\x81\x7e\x00\x7e"),
        (65_535, b"\x81\x7e\xff\xff"),
        (65_536, b"\x81\x7f\x00\x00\x00\x00\x00\x01\x00\x00"),
    ],
)
def test_a_frame_begins_with_the_length_of_its_text(size: int, head: bytes):
    assert frame_of(b"x" * size) == head + b"x" * size


def test_frames_to_a_slow_reader_arrive_whole_and_in_order(pair):
    ours, theirs = pair
    outgoing = Outgoing(ours)
    frames = [frame_of(b"%d" % n * 20_000) for n in range(20)]
    assert all(outgoing.write(frame) for frame in frames)  # returns though nobody reads
    assert outgoing.backlog > 0
    expected = b"".join(frames)
    assert read_all(theirs, len(expected)) == expected


def test_frames_of_many_writers_are_never_mixed(pair):
    ours, theirs = pair
    outgoing = Outgoing(ours)
    frames = [bytes([65 + n]) * 30_000 for n in range(8)]
    writers = [threading.Thread(target=outgoing.write, args=(frame,)) for frame in frames]
    for writer in writers:
        writer.start()
    heard = read_all(theirs, 8 * 30_000)
    for writer in writers:
        writer.join(20)
    assert sorted(heard[n : n + 30_000] for n in range(0, len(heard), 30_000)) == frames


def test_a_reader_that_never_reads_is_cut_off_and_holds_no_memory_beyond_the_limit(pair):
    ours, theirs = pair
    outgoing = Outgoing(ours)
    frame = b"x" * 100_000
    given = 0
    while outgoing.write(frame):
        given += 1
        assert outgoing.backlog <= LARGEST_BACKLOG
        assert given < 200
    assert given >= LARGEST_BACKLOG // len(frame) - 1
    assert outgoing.write(b"y") is False
    with pytest.raises((ConnectionError, AssertionError)):
        read_all(theirs, 200 * len(frame))


def test_writing_to_who_has_gone_is_told(pair):
    ours, theirs = pair
    theirs.close()
    outgoing = Outgoing(ours)
    assert outgoing.write(b"x") is False
    assert outgoing.is_broken


def test_the_libraries_are_built_as_this_module_expects():
    assert "ret = self.app(self)" in inspect.getsource(_websocket_wsgi.SimpleWebSocketWSGI.__call__)
    assert "self.server_args = kwargs" in inspect.getsource(
        _websocket_wsgi.SimpleWebSocketWSGI.__init__
    )
    assert "self._websocket_handler, self.server" in inspect.getsource(Socket._upgrade_websocket)
    # All writing of the library goes through `self.sock.send`, looked up each time.
    assert "self.sock.send(out_data)" in inspect.getsource(simple_websocket.ws.Base)
    assert "self.sock.recv(" in inspect.getsource(simple_websocket.ws.Base._thread)
