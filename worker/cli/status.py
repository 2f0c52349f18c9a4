"""`postpurchase status`."""

from collections.abc import Collection
from datetime import timedelta

from rich.console import Console
from rich.markup import escape

from worker.cli.context import opened
from worker.cli.output import JsonFlag, counted, named, show, span, state_text, table
from worker.dispatch.doors import keys_in_use
from worker.reports.codes import CodesLine
from worker.reports.complaints import ComplaintLine
from worker.reports.providers import KeyLine
from worker.reports.rhythm import remedy
from worker.reports.status import Status, read_status

SHOWN_GONE = 3
"""Processes that ended or fell silent: one that starts again and again has left hundreds."""


def status(json: JsonFlag = False) -> None:
    """How it stands: events and messages per state, orders in against mails out, delays, pauses, processes."""
    with opened() as installation, installation.database.snapshot() as session:
        report = read_status(session, now=installation.clock.now(), real_now=installation.clock.real_now())
        used = keys_in_use(installation, session) if report.provider_keys else frozenset[str]()
    show(report, json, lambda console: _draw(console, report, used))


def _draw(console: Console, report: Status, used: Collection[str]) -> None:
    console.print(f"[bold]Status[/] at {report.now:%Y-%m-%d %H:%M:%S} UTC\n")
    _draw_shops(console, report)
    console.print(named([*_counts(report), *_delays(report), *_troubles(report, used), *_processes(report)]))


def _draw_shops(console: Console, report: Status) -> None:
    if not report.shops:
        console.print("No shop yet. Add one with `postpurchase shop add SLUG`.\n")
        return
    rows = table("shop", "orders in", "confirmations out", "mails out", "last 24 h")
    for shop in report.shops:
        day = f"{shop.orders_last_day} in, {shop.confirmations_last_day} confirmed, "
        day += counted(shop.mails_last_day, "mail")
        rows.add_row(escape(shop.shop), str(shop.orders), str(shop.confirmations), str(shop.mails), day)
    console.print(rows)
    console.print()


def _counts(report: Status) -> list[tuple[str, str]]:
    steps = [(f"  {escape(step)}", _each(states)) for step, states in report.messages_by_step.items()]
    human, raw = sum(shop.clicks_human for shop in report.shops), sum(shop.clicks_raw for shop in report.shops)
    clicks = f"{human} by people, {raw - human} by machines" if raw else "none"
    told = [("events", _each(report.events)), ("messages", _each(report.messages)), *steps, ("clicks", clicks)]
    answers = sum(shop.answers for shop in report.shops)
    return [*told, ("answers", f"{answers} to mails that ask how it was")] if answers else told


def _each(counts: dict[str, int]) -> str:
    return "  ".join(f"{count} {state_text(state)}" for state, count in counts.items()) or "none"


def _delays(report: Status) -> list[tuple[str, str]]:
    late, found = report.oldest_overdue, report.lateness
    told = [("overdue", "nothing")]
    if late is not None:
        age = span(timedelta(seconds=late.seconds))
        which = escape(f"{late.step} of order {late.order}, {late.shop}")
        told = [("overdue", f"[yellow]{report.overdue}[/], the oldest for {age}: {which}")]
    if found.mails:
        shares = (("half within", found.p50), ("95 % within", found.p95), ("99 % within", found.p99))
        text = ", ".join(f"{name} {span(timedelta(seconds=value or 0))}" for name, value in shares)
        longest = span(timedelta(seconds=found.longest or 0))
        told.append(("lateness", f"{text}; longest {longest} ({counted(found.mails, 'mail')}, 7 days)"))
    return told


def _troubles(report: Status, used: Collection[str]) -> list[tuple[str, str]]:
    told = [("provider", _key(line, report, used)) for line in report.provider_keys if line.is_closed or line.remaining]
    if report.unknown:
        told.append(("unknown", f"[red]{report.unknown}[/] of which we cannot tell whether they went out"))
    told += [("spam", _reported(line)) for line in report.complaints if line.complaints]
    for failure in report.failures:
        told.append(
            ("failed event", f"[red]{escape(failure.topic)}[/] of {escape(failure.shop)}: {escape(failure.note)}")
        )
    if report.failed_events:
        told.append(("", f"{report.failed_events} in all; after a fix: `postpurchase replay --failed`"))
    told += [("codes", line) for each in report.codes if (line := _code_trouble(each))]
    for source in report.sources:
        if source.is_silent:
            ago = span(timedelta(seconds=source.seconds_ago or 0))
            told.append(("silent", f"[red]{escape(source.shop)}, {source.kind}[/]: no webhook for {ago}"))
            told.append(("", escape(remedy(source.kind))))
    for gone in report.gone:
        words = (
            f"[yellow]{escape(gone.shop)} has uninstalled the app[/] on {gone.since:%Y-%m-%d}: nothing is sent for it"
        )
        told.append(("shop", words))
    told += _refusals(report)
    for pause in report.pauses:
        what = f"step {pause.step}" if pause.step else "everything"
        why = f": {escape(pause.reason)}" if pause.reason else ""
        told.append(("pause", f"[yellow]{escape(pause.shop)}, {escape(what)}[/]{why}"))
    return told


def _reported(line: ComplaintLine) -> str:
    colour = {"": "default", "much": "yellow", "too much": "red"}[line.level]
    return f"[{colour}]{escape(line.in_words())}[/] reported as spam"


def _refusals(report: Status) -> list[tuple[str, str]]:
    told = []
    for line in report.refusals:
        place = f"{escape(line.shop)}, {line.source}"
        note = f": {escape(line.note)}" if line.note else ""
        if line.stuck:
            told.append(("refusals", f"[yellow]{counted(line.stuck, 'wish')}[/] not told to {place} yet{note}"))
        if line.lost:
            told.append(("refusals", f"[red]{counted(line.lost, 'wish')}[/] not told to {place} for good{note}"))
        if line.stuck or line.lost:
            told.append(("", f"whose: `postpurchase source refusals {escape(line.shop)} {line.source}`"))
    return told


def _key(line: KeyLine, report: Status, used: Collection[str]) -> str:
    """`used`: keys that are set here; what another met lies in the past once every process was restarted."""
    name = f"[bright_black]{escape(line.key)}{'' if line.key in used else ', not set here any more'}[/]"
    if not line.is_closed:
        return f"[green]open[/], {line.remaining} more mails in this window of its limit  {name}"
    rest = span(line.until - report.now) if line.until is not None else ""
    if line.state == "limited":
        return f"[yellow]its limit is used up[/], again in {rest}; nothing is lost  {name}"
    how = f"tries again in {rest}" if rest else "tries with one mail"
    return f"[red]{line.state}[/] after {counted(line.failures, 'failure')}, {how}: {escape(line.error)}  {name}"


def _code_trouble(line: CodesLine) -> str:
    """What is worth a look about a shop's codes; empty: nothing."""
    told = [f"[red]{line.by_others}[/] used by somebody else"] if line.by_others else []
    told += [f"{line.waiting} the shop is still to hear of"] if line.waiting else []
    if line.pool is not None and line.pool.is_low:
        told.append(
            f"[yellow]{line.pool.left} left in the pool[/]: `postpurchase codes import {escape(line.shop)} FILE`"
        )
    return f"{escape(line.shop)}: {', '.join(told)}" if told else ""


def _processes(report: Status) -> list[tuple[str, str]]:
    if not report.processes:
        return [("processes", "[yellow]none has reported within a day: start `postpurchase up`[/]")]
    alive = [sign for sign in report.processes if sign.is_alive]
    gone = [sign for sign in report.processes if not sign.is_alive]
    told = [
        (
            sign.kind,
            f"[{'green' if sign.is_alive else 'red'}]{'stopped ' if sign.has_ended else ''}"
            f"{span(timedelta(seconds=sign.seconds_ago))} ago[/]  [bright_black]{escape(sign.name)}[/]",
        )
        for sign in [*alive, *gone[:SHOWN_GONE]]
    ]
    more = len(gone) - SHOWN_GONE
    return [*told, ("", f"{more} more are gone since a day ago")] if more > 0 else told
