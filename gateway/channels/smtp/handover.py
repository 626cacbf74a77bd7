"""The envelopes of one call, and how their outcomes come back to the caller's thread."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from hashlib import sha256

from gateway.channels.smtp import wire
from gateway.domain.channel import Encoding, Envelope, HeldBack, Outcome, Unrendered, Watch, Withheld
from gateway.domain.errors import RenderFault

_log = logging.getLogger(__name__)

#: For longer pieces hashlib lets go of the interpreter: among several lanes, having it back costs as much as the hash.
_PIECE = 2047


class Batch:
    """One call of hand_over: filled on the channel's thread, awaited on the caller's."""

    __slots__ = ("_left", "_outcomes", "_settled", "watch")

    def __init__(self, watch: Watch, size: int) -> None:
        self.watch = watch
        self._outcomes: list[Outcome | None] = [None] * size
        self._left = size
        self._settled = threading.Event()

    def settle(self, index: int, outcome: Outcome) -> None:
        """Keep the outcome of one envelope; the last one wakes the caller."""
        self._outcomes[index] = outcome
        self._left -= 1
        if not self._left:
            self._settled.set()

    def wait(self) -> list[Outcome]:
        """Outcomes in the order of the envelopes, once all are known."""
        if self._outcomes:
            self._settled.wait()
        return [outcome for outcome in self._outcomes if outcome is not None]


class HandOver:
    """One envelope on its way. Settled exactly once; from then on nobody holds it."""

    __slots__ = ("_batch", "_index", "body", "encoding", "envelope", "sha256", "size")

    def __init__(self, envelope: Envelope, batch: Batch, index: int) -> None:
        self.envelope = envelope
        self.body: bytes | None = None  #: ready for the wire, without the final dot
        self.sha256 = b""  #: of the message as the recipient's server reads it: before dots are doubled
        self.size = 0  #: octets of the same
        self.encoding = Encoding.QUOTED_PRINTABLE
        self._batch = batch
        self._index = index

    def render(self, encoding: Encoding) -> bool:
        """Make the bytes. False when they cannot be made: the envelope is then settled, and nothing was written."""
        try:
            payload = wire.normal(self.envelope.payload(encoding))
        except RenderFault as fault:
            self.settle(Unrendered(str(fault)))
            return False
        except Exception as fault:  # whatever breaks in rendering must not reach the wire, nor the other messages
            self.settle(Unrendered(f"{type(fault).__name__}: {fault}"))
            return False
        if not payload:  # nothing but a dot would be delivered as an empty mail
            self.settle(Unrendered("the message is empty"))
            return False
        self.encoding = encoding
        self.sha256 = digest_of(payload)
        self.size = len(payload)
        self.body = wire.stuffed(payload)
        return True

    def may_begin(self) -> bool:
        """Ask the watch, right before the first byte. False: the envelope is settled. A watch that fails lets nothing through."""
        try:
            if self._batch.watch.may_begin(self.envelope):
                return True
        except Exception:  # nothing passes a watch that fails
            _log.exception("the watch failed; message %d is withheld", self.envelope.message_id)
        self.settle(Withheld())
        return False

    def may_pass(self) -> bool:
        """Tell the watch that the body is written next. False: the watch could not take note, so it must not be written.

        Raises HeldBack: the envelope is settled.
        """
        try:
            self._batch.watch.passing(self.envelope)
        except HeldBack:
            self.settle(Withheld())
            raise
        except OSError as fault:  # its disk, full mostly: each message of the batch meets it
            _log.error("no note of what leaves; the body of message %d is not written: %s", self.envelope.message_id, fault)
            return False
        except Exception:  # what could not be noted must not be written
            _log.exception("the watch failed; the body of message %d is not written", self.envelope.message_id)
            return False
        return True

    def settle(self, outcome: Outcome) -> None:
        """Tell the watch, then the caller."""
        try:
            self._batch.watch.ended(self.envelope, outcome)
        except OSError as fault:
            _log.error("no note of what became of message %d: %s", self.envelope.message_id, fault)
        except Exception:  # the outcome is still returned, which is what settles the row
            _log.exception("the watch failed to hear the end of message %d", self.envelope.message_id)
        self._batch.settle(self._index, outcome)


def batch_of(envelopes: Sequence[Envelope], watch: Watch) -> tuple[Batch, list[HandOver]]:
    """The hand-overs of one call."""
    batch = Batch(watch, len(envelopes))
    return batch, [HandOver(envelope, batch, index) for index, envelope in enumerate(envelopes)]


def digest_of(payload: bytes) -> bytes:
    """SHA-256 of what left, as its outcome entry says it."""
    hashed, whole = sha256(), memoryview(payload)
    for start in range(0, len(payload), _PIECE):
        hashed.update(whole[start : start + _PIECE])
    return hashed.digest()
