"""From bytes to log events: lines, limits, and what happens while nobody takes them."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import pytest

from mastic.worker import logs
from mastic.worker.api import Api, ServerAway
from mastic.worker.arguments import LogNames
from mastic.worker.logs import MAX_EVENT_BYTES, Lines, Pump, Sender, Spool


class Door(Api):
    """A log door that can be closed; everything else about it is real."""

    def __init__(self) -> None:
        super().__init__("http://127.0.0.1:1", "us-east-1")
        self.is_open = True
        self.taken: list[str] = []
        self.deliveries: list[logs.Delivery] = []

    def logs(self, body: bytes) -> None:
        if not self.is_open:
            raise ServerAway("closed")
        decoded = msgspec.json.decode(body, type=logs.Body)
        self.deliveries.append(decoded.delivery)
        for entry in decoded.entries:
            self.taken += [event.message for event in entry.events]


@pytest.mark.parametrize(
    ("chunks", "lines"),
    [
        ([b"a\nb\n"], [b"a", b"b"]),
        ([b"a", b"b\nc"], [b"ab", b"c"]),
        ([b"\n\n"], [b"", b""]),
        ([b"dos\r\nunix\n"], [b"dos", b"unix"]),
        ([b"no end"], [b"no end"]),
        ([b""], []),
    ],
)
def test_lines(chunks: list[bytes], lines: list[bytes]) -> None:
    cutter = Lines()
    found = [line for chunk in chunks for line in cutter.feed(chunk, 0.0)]
    assert found + cutter.close() == lines


def test_long_lines_are_cut_between_characters() -> None:
    text = "x" + "é" * MAX_EVENT_BYTES
    cutter = Lines()
    raw = text.encode() + b"\n"
    pieces = [p for at in range(0, len(raw), 65536) for p in cutter.feed(raw[at : at + 65536], 0.0)]
    assert all(len(piece) <= MAX_EVENT_BYTES for piece in pieces)
    assert "".join(piece.decode() for piece in pieces) == text


def test_an_unfinished_line_waits_a_second() -> None:
    cutter = Lines()
    assert cutter.feed(b"progress 10 %", 100.0) == []
    assert cutter.overdue(100.9) == []
    assert cutter.overdue(101.0) == [b"progress 10 %"]
    assert cutter.deadline is None


def test_nothing_is_lost_and_order_is_kept_while_the_door_is_closed(tmp_path: Path) -> None:
    door, spool = Door(), tmp_path / "log.spool"
    sender = Sender(door, spool)
    door.is_open = False
    expected = []
    for number in range(200):
        sender.put(batch(f"line {number}"))
        expected.append(f"line {number}")
        if number == 150:
            while sender._queue.qsize():
                pass
            door.is_open = True
    assert sender.close()
    assert door.taken == expected
    assert not spool.exists()


def test_a_spool_survives_its_worker(tmp_path: Path) -> None:
    door = Door()
    door.is_open = False
    sender = Sender(door, tmp_path / "log.spool")
    for number in range(3):
        sender.put(batch(str(number)))
    assert not sender.close()
    with (tmp_path / "log.spool").open("ab") as file:  # the worker was killed in the middle of a write
        file.write((10_000).to_bytes(8, "big") + b"half")
    door.is_open = True
    assert logs.deliver(tmp_path / "log.spool", door)
    assert door.taken == ["0", "1", "2"]


def test_what_was_delivered_is_not_sent_again(tmp_path: Path) -> None:
    door, spool = Door(), Spool(tmp_path / "log.spool")
    for number in range(4):
        spool.append(batch(str(number)))
    takes = iter([True, True, False])

    def fickle(body: bytes) -> None:
        door.is_open = next(takes, True)
        Door.logs(door, body)

    door.logs = fickle  # type: ignore[method-assign]
    assert not spool.drain(door)
    assert spool.drain(door)
    assert door.taken == ["0", "1", "2", "3"]


def test_the_pump_sends_both_streams_and_keeps_the_tail(tmp_path: Path) -> None:
    door = Door()
    out_read, out_write = os.pipe()
    err_read, err_write = os.pipe()
    sender = Sender(door, tmp_path / "log.spool")
    pump = Pump(out_read, err_read, LogNames("/out", "/err", "jr_1"), sender)
    pump.start()
    os.write(out_write, b"".join(b"%d\n" % n for n in range(100)))
    os.write(err_write, b"oops")
    os.close(out_write)
    os.close(err_write)
    assert pump.join(5)
    pump.say("engine: sail 1 plan")
    assert sender.close()
    assert [line for line in door.taken if line.isdigit()] == [str(n) for n in range(100)]
    assert "oops" in door.taken
    assert door.taken[-1] == "engine: sail 1 plan"
    assert len(pump.tail) == 50
    assert [delivery.number for delivery in door.deliveries] == list(range(1, len(door.deliveries) + 1))
    assert len({delivery.writer for delivery in door.deliveries}) == 1


def batch(message: str) -> bytes:
    return msgspec.json.encode(logs.Body([logs.Entry("/g", "s", [logs.Event(0, message)])], logs.Delivery("w", 1)))
