"""The invariants, as pure functions over a record: each says what is wrong, one line per finding; none: it holds."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from schedules.lifecycle import FINAL, State, may_move
from tests.proof.record import MessageSeen, Record
from worker.delivery.sendgrid import CONNECTIONS
from worker.dispatch.policies import MAX_UNCLEAR

STEPS = {"orders/create": "confirmation", "fulfillments/create": "shipping", "fulfillment_events/create": "follow_up"}
EARLIEST_S = {"orders/create": 120.0, "fulfillments/create": 600.0, "fulfillment_events/create": 7 * 86_400.0}
"""By what a webhook tells of: how long after it the mail may go at the earliest, by the sequence that is shipped."""
LATEST_S = {("southkettle", "orders/create"): 20 * 3600.0}
"""By shop and what a webhook tells of: how long after it the window of a mail closes that does not outlast a day."""
CANCELLED = "orders/cancelled"
REACTION_S = 3.0
"""A cancellation is planned in one unit; a mark made in another that began before its commit may still stand."""
DUE_SINCE_S = 5.0

Findings = Iterator[str]


@dataclass(frozen=True)
class Violation:
    invariant: str
    finding: str


def acknowledged_is_stored(record: Record) -> Findings:
    """Every webhook that was answered 2xx is in the inbox."""
    kept = {(event.shop, event.topic, event.dedupe_key) for event in record.events}
    for post in record.posted:
        if (post.shop, post.topic, post.event_id) not in kept:
            yield f"{post.topic} of order {post.order} was acknowledged and is not there"


def stored_is_planned(record: Record) -> Findings:
    """Every stored webhook ends planned, or ignored with a reason; none fails and none is left waiting."""
    for event in record.events:
        if event.state in ("failed", "stored"):
            yield f"{event.topic} of order {event.order} is {event.state}"


def refused_is_to_come_again(record: Record) -> Findings:
    """Whatever was not acknowledged was refused in a way that makes every shop deliver it again."""
    for each in record.turned_away:
        if each.status // 100 != 5:
            yield f"{each.topic} of order {each.order} was answered {each.status}"


def one_row_per_key(record: Record) -> Findings:
    """There is one message per order, sequence, step, parcel group and occurrence, and one event per delivery."""
    keys = Counter(message.key for message in record.messages)
    keys.update((event.shop, event.topic, event.dedupe_key) for event in record.events)
    for key, count in keys.items():
        if count > 1:
            yield f"{count} rows have the key {key}"


def due_ends_in_time(record: Record) -> Findings:
    """Once the faults are over, every due message ends within the time that leases, grace and sweeps leave it."""
    now = record.business(record.ended_at)
    for message in record.messages:
        is_under_way = message.state in ("claimed", "attempting")
        is_due = message.state in ("scheduled", "held") and message.send_at < now - DUE_SINCE_S
        is_open = message.state == "unknown" and (message.resolve_at or now) < now - DUE_SINCE_S
        if is_under_way or is_due or is_open:
            yield f"{_named(message)} is still {message.state}: {message.reason}"


def wanted_is_sent(record: Record) -> Findings:
    """Every mail that acknowledged webhooks ask for was accepted, dropped once unclear, or missed in a day's outage."""
    cancelled = {(post.shop, post.order) for post in record.posted if post.topic == CANCELLED}
    messages = {(message.shop, message.order, message.step): message for message in record.messages}
    for post in record.posted:
        step = STEPS.get(post.topic)
        if step is None or (post.shop, post.order) in cancelled:
            continue
        message = messages.get((post.shop, post.order, step))
        latest = LATEST_S.get((post.shop, post.topic))
        if latest is not None and record.is_missed(post.told_at + latest) and _is_expired(message):
            continue
        if message is None:
            yield f"{step} of {post.order} was never planned"
        elif message.id not in record.accepted_of and not (message.state == "abandoned" and _unclear(record, message)):
            yield f"{_named(message)} never went out; it is {message.state}: {message.reason}"


def accepted_once_unless_unclear(record: Record) -> Findings:
    """A mail is accepted once; a copy follows only an attempt that ended unclear, and then by policy."""
    attempts = {attempt.id: attempt for attempt in record.attempts}
    for message, mails in record.accepted_of.items():
        for mail in mails[:-1]:
            fate = record.fate(attempts[mail.attempt]) if mail.attempt in attempts else "unmarked"
            if fate != "unknown":
                yield f"message {message} was accepted {len(mails)} times, though an attempt of it ended {fate}"


def marketing_goes_out_once(record: Record) -> Findings:
    """Marketing mail is never accepted twice, whatever happened."""
    marketing = {message.id for message in record.messages if message.stream == "marketing"}
    for message, mails in record.accepted_of.items():
        if message in marketing and len(mails) > 1:
            yield f"marketing message {message} was accepted {len(mails)} times"


def copies_stay_few(record: Record) -> Findings:
    """Faults cost at most as many copies as connections were open, and one message at most four unclear tries."""
    copies = sum(len(mails) - 1 for mails in record.accepted_of.values())
    if copies > CONNECTIONS * max(1, len(record.hits)):
        yield f"{copies} copies after {len(record.hits)} faults"
    for message, mails in record.accepted_of.items():
        if len(mails) > MAX_UNCLEAR:
            yield f"message {message} was accepted {len(mails)} times"


def never_early(record: Record) -> Findings:
    """No mail is accepted before its time, neither by its row nor by what the shop told of."""
    messages = {message.id: message for message in record.messages}
    told = {
        (post.shop, post.order, STEPS[post.topic]): post.told_at + EARLIEST_S[post.topic]
        for post in record.posted
        if post.topic in STEPS
    }
    for mail in record.accepted:
        message = messages.get(mail.message)
        if message is None:
            continue  # said by `accepted is known`
        at = record.business(mail.at)
        earliest = max(message.aim_at, told.get((message.shop, message.order, message.step), 0.0))
        if at < earliest - 1:
            yield f"{_named(message)} was accepted {earliest - at:.0f} s too early"


def nothing_after_cancellation(record: Record) -> Findings:
    """Once a cancellation is planned and committed, no attempt of any mail of that order begins."""
    planned = {
        (event.shop, event.order): event.handled_at
        for event in record.events
        if event.topic == CANCELLED and event.state == "planned"
    }
    messages = {message.id: message for message in record.messages}
    for attempt in record.attempts:
        message = messages[attempt.message]
        at = planned.get((message.shop, message.order))
        if at is not None and (late := attempt.started_at - record.real(at)) > REACTION_S:
            yield f"{_named(message)} was tried {late:.1f} s after its order's cancellation was planned"


def states_follow_the_table(record: Record) -> Findings:
    """Each message's history is one unbroken walk along the table, and ends in the state its row has."""
    for message in record.messages:
        at: str | None = None
        for line in record.history_of.get(message.id, ()):
            if line.before != at:
                yield f"{_named(message)} was {at} when it went from {line.before} to {line.after}"
            elif at not in (None, line.after) and not may_move(State(at or ""), State(line.after)):
                yield f"{_named(message)} went from {at} to {line.after}"
            at = line.after
        if at != message.state:
            yield f"{_named(message)} is {message.state}, but its history ends with {at}"


def fences_only_grow(record: Record) -> Findings:
    """Each attempt carries a newer fence than the one before: nobody wrote with a claim that had ended."""
    rows = {message.id: message for message in record.messages}
    for message, attempts in record.attempts_of.items():
        fences = [attempt.fence for attempt in attempts]
        if fences != sorted(set(fences)) or fences[-1] > rows[message].fence:
            yield f"{_named(rows[message])} was attempted under the fences {fences}; its row has {rows[message].fence}"


def accepted_is_known(record: Record) -> Findings:
    """Whatever the provider accepted was marked beforehand, by an attempt that is in the database."""
    known = {(attempt.message, attempt.id) for attempt in record.attempts}
    for mail in record.accepted:
        if (mail.message, mail.attempt) not in known:
            yield f"a mail of message {mail.message} was accepted without an attempt in the database"


def accepted_is_believed(record: Record) -> Findings:
    """A message that the program takes for sent was accepted by the provider; one it takes for unsent was not."""
    for message in record.messages:
        is_sent = message.id in record.accepted_of
        state = State(message.state)
        believes = state in (State.ACCEPTED, State.DELIVERED, State.BOUNCED, State.DROPPED)
        if believes and not is_sent:
            yield f"{_named(message)} is {message.state}, but the provider never had it"
        elif state in FINAL and is_sent and not believes and not _unclear(record, message):
            yield f"{_named(message)} is {message.state}, but the provider has it"


def requests_are_valid(record: Record) -> Findings:
    """The provider finds nothing wrong with any request."""
    yield from record.refused


INVARIANTS: tuple[Callable[[Record], Findings], ...] = (
    acknowledged_is_stored,
    stored_is_planned,
    refused_is_to_come_again,
    one_row_per_key,
    due_ends_in_time,
    wanted_is_sent,
    accepted_once_unless_unclear,
    marketing_goes_out_once,
    copies_stay_few,
    never_early,
    nothing_after_cancellation,
    states_follow_the_table,
    fences_only_grow,
    accepted_is_known,
    accepted_is_believed,
    requests_are_valid,
)


def check(record: Record) -> list[Violation]:
    """All that is wrong with a run, by invariant."""
    return [Violation(name_of(each), finding) for each in INVARIANTS for finding in each(record)]


def name_of(invariant: Callable[[Record], Findings]) -> str:
    return invariant.__name__.replace("_", " ")


def outcomes(record: Record) -> dict[tuple[str, str, str], str]:
    """Whether each mail went out, whenever that was: it must be equal with an outage and without."""
    sent = ("accepted", "delivered", "bounced", "dropped")
    return {
        (message.shop, message.order, message.step): "sent" if message.state in sent else message.state
        for message in record.messages
    }


def _is_expired(message: MessageSeen | None) -> bool:
    """Its window had closed when it was planned, or closed before it was sent."""
    return message is None or message.state == "expired"


def _unclear(record: Record, message: MessageSeen) -> bool:
    return any(line.after == "unknown" for line in record.history_of.get(message.id, ()))


def _named(message: MessageSeen) -> str:
    return f"{message.step} of order {message.order} ({message.shop})"
