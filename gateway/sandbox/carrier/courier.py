"""What becomes of messages and calls once they were taken: statuses, callbacks, the call itself. On threads of its own."""

from __future__ import annotations

import itertools
import logging
import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from email.utils import format_datetime

from gateway.domain.clock import Clock
from gateway.sandbox.carrier.faults import Dice
from gateway.sandbox.carrier.handsets import handset
from gateway.sandbox.carrier.hooks import Hooks
from gateway.sandbox.carrier.traffic import Call, Message, Traffic
from gateway.sandbox.carrier.twiml import BadTwiml, Listener, run

_COURIERS = 4
_TELEPHONES = 64
_VALIDITY_OVER = 30036

_log = logging.getLogger(__name__)

Job = Callable[[], None]


class Courier:
    """Carries on what the API took. `patience_seconds`: how long a question of a call really waits for a key."""

    def __init__(self, account: str, traffic: Traffic, hooks: Hooks, dice: Dice, clock: Clock) -> None:
        self.patience_seconds = 0.0
        self._account = account
        self._traffic, self._hooks, self._dice, self._clock = traffic, hooks, dice, clock
        self._jobs: queue.PriorityQueue[tuple[float, int, Job | None]] = queue.PriorityQueue()
        self._order = itertools.count()
        self._threads = [threading.Thread(target=self._work, name=f"courier-{n}", daemon=True) for n in range(_COURIERS)]
        self._telephones = ThreadPoolExecutor(_TELEPHONES, thread_name_prefix="telephone")
        self._keys: dict[str, queue.Queue[str]] = {}
        self._under_way = 0
        self._quiet = threading.Condition()

    def start(self) -> None:
        """Begin, with whatever an earlier run left under way."""
        for thread in self._threads:
            thread.start()
        messages, calls = self._traffic.unfinished()
        for sid in messages:
            self.carry(sid)
        for sid in calls:
            self.ring(sid)

    def stop(self) -> None:
        """End; what is under way is taken up at the next start."""
        self.patience_seconds = 0.0
        for keys in list(self._keys.values()):
            keys.put("")  # nobody presses anything any more
        for _ in self._threads:
            self._jobs.put((-1.0, next(self._order), None))
        for thread in self._threads:
            thread.join(5)
        self._telephones.shutdown(wait=True, cancel_futures=True)

    def carry(self, sid: str) -> None:
        """Bring a message to its handset."""
        self._soon(self._counted(lambda: self._send(sid)))

    def ring(self, sid: str) -> None:
        """Make a call."""
        self._telephones.submit(self._guarded, self._counted(lambda: self._call(sid)))

    def cancel(self, sid: str) -> None:
        """Place a call no more, or let it ring no more, and tell so; one that somebody answered goes on."""
        at = self._clock.now()
        cancelled = self._traffic.move_call(sid, "canceled", at, leaves=["queued", "ringing"], ended_at=at)
        if cancelled is not None:
            self._soon(self._counted(lambda: self._tell_call(cancelled, "completed", CallDuration="0")))

    def press(self, sid: str, digits: str) -> None:
        """Somebody presses keys during a call."""
        self._keys.setdefault(sid, queue.Queue()).put(digits)

    def idle(self, within_seconds: float) -> bool:
        """Wait until nothing is under way, but for telephones that are switched off; False when something still is."""
        with self._quiet:
            return self._quiet.wait_for(lambda: self._under_way == 0, within_seconds)

    # --- messages

    def _send(self, sid: str) -> None:
        message = self._traffic.message(sid)
        if message is None or message.status not in ("queued", "sent"):
            return
        if message.status == "queued":
            message = self._traffic.move_message(sid, "sent", self._clock.now(), sent_at=self._clock.now())
        late = self._dice.happens(self._dice.faults.shuffled_callbacks)
        if not late:
            self._tell_message(message)
        self._deliver(message)
        if late:
            self._tell_message(message)

    def _deliver(self, message: Message) -> None:
        phone, at = handset(message.recipient), self._clock.now()
        if phone.off:
            if message.expires_at is None or at < message.expires_at:
                self._soon(lambda: self._deliver(message), after_seconds=1.0)
                return
            ended = self._traffic.move_message(message.sid, "undelivered", at, error_code=_VALIDITY_OVER)
        elif phone.message_error is not None:
            ended = self._traffic.move_message(message.sid, "undelivered", at, error_code=phone.message_error)
        else:
            ended = self._traffic.move_message(message.sid, "delivered", at)
        self._tell_message(ended)

    def _tell_message(self, message: Message) -> None:
        parameters = {
            "AccountSid": self._account,
            "ApiVersion": "2010-04-01",
            "From": message.sender,
            "MessageSid": message.sid,
            "MessageStatus": message.status,
            "SmsSid": message.sid,
            "SmsStatus": message.status,
            "To": message.recipient,
        }
        if message.error_code is not None:
            parameters["ErrorCode"] = str(message.error_code)
        self._tell(message.callback, parameters)

    # --- calls

    def _call(self, sid: str) -> None:
        call = self._traffic.call(sid)
        if call is None or call.ended_at is not None:
            return
        phone = handset(call.callee)
        self._tell_call(call, "initiated")
        ringing = self._traffic.move_call(sid, "ringing", self._clock.now())
        if ringing is None:
            return
        self._tell_call(ringing, "ringing")
        if phone.call_ends:
            self._hang_up(sid, phone.call_ends, None)
            return
        began = self._clock.now()
        detected = "machine_start" if phone.machine else "human"
        asked = bool(call.request.get("MachineDetection"))
        by = detected if asked or phone.machine else None
        answered = self._traffic.move_call(sid, "in-progress", began, leaves=["ringing"], started_at=began, answered_by=by)
        if answered is None:
            return
        self._tell_call(answered, "answered")
        self._hang_up(sid, self._converse(answered, detected if asked else None, phone.presses), began)

    def _converse(self, call: Call, answered_by: str | None, presses: str) -> str:
        keys = self._keys.setdefault(call.sid, queue.Queue())
        if presses:
            keys.put(presses)

        def pressed(seconds: float) -> str:
            wait = min(seconds, self.patience_seconds)
            try:
                digits = keys.get(timeout=wait) if wait else keys.get_nowait()
            except queue.Empty:
                return ""
            if digits:
                self._traffic.press(call.sid, digits)
            return digits

        def fetch(url: str, digits: str | None) -> bytes:
            parameters = self._call_parameters(call) | ({} if digits is None else {"Digits": digits})
            if answered_by:
                parameters["AnsweredBy"] = answered_by
            document = self._hooks.post(url, parameters)
            if document is None:
                raise BadTwiml("no document was answered (11200)")
            return document

        listener = Listener(hear=lambda words: self._traffic.hear(call.sid, words), press=pressed, fetch=fetch)
        url, inline = str(call.request.get("Url", "")), call.request.get("Twiml")
        try:
            run(url, str(inline).encode() if inline else fetch(url, None), listener)
        except BadTwiml as fault:
            _log.warning("call %s ends: %s", call.sid, fault)
            self._traffic.hear(call.sid, "(an application error has occurred)")
            return "failed"
        finally:
            self._keys.pop(call.sid, None)
        return "completed"

    def _hang_up(self, sid: str, status: str, began: datetime | None) -> None:
        at = self._clock.now()
        call = self._traffic.move_call(sid, status, at, ended_at=at)
        duration = round((at - began).total_seconds()) if began else 0
        if call is not None:
            self._tell_call(call, "completed", CallDuration=str(duration))

    def _tell_call(self, call: Call, event: str, **also: str) -> None:
        if event not in (call.request.get("StatusCallbackEvent") or ["completed"]):
            return
        parameters = self._call_parameters(call) | also
        if event == "initiated":
            parameters["CallStatus"] = "initiated"
        if call.answered_by and call.request.get("MachineDetection"):
            parameters["AnsweredBy"] = call.answered_by
        parameters |= {"CallbackSource": "call-progress-events", "Timestamp": format_datetime(self._clock.now())}
        self._tell(str(call.request.get("StatusCallback") or ""), parameters)

    def _call_parameters(self, call: Call) -> dict[str, str]:
        return {
            "AccountSid": self._account,
            "ApiVersion": "2010-04-01",
            "CallSid": call.sid,
            "CallStatus": call.status,
            "Called": call.callee,
            "Caller": call.caller,
            "Direction": "outbound-api",
            "From": call.caller,
            "To": call.callee,
        }

    # --- both

    def _tell(self, url: str, parameters: dict[str, str]) -> None:
        if url:
            for _ in range(2 if self._dice.happens(self._dice.faults.duplicate_callbacks) else 1):
                self._hooks.post(url, parameters)

    def _soon(self, job: Job, *, after_seconds: float = 0.0) -> None:
        self._jobs.put((time.monotonic() + after_seconds, next(self._order), job))

    def _counted(self, job: Job) -> Job:
        """The job, under way from now until it is done."""
        with self._quiet:
            self._under_way += 1

        def done() -> None:
            try:
                job()
            finally:
                with self._quiet:
                    self._under_way -= 1
                    self._quiet.notify_all()

        return done

    def _work(self) -> None:
        while True:
            due, _, job = self._jobs.get()
            if job is None:
                return
            if (wait := due - time.monotonic()) > 0:
                self._jobs.put((due, next(self._order), job))
                time.sleep(min(wait, 0.02))
                continue
            self._guarded(job)

    def _guarded(self, job: Job) -> None:
        try:
            job()
        except Exception:  # one story that goes wrong must not end those of all the others
            _log.exception("the carrier stumbled over one message or call")
