"""`postpurchase demo`."""

import logging
import signal
import threading
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table

from worker import telemetry
from worker.cli.output import JsonFlag, grid, local, named, screen, show, side
from worker.cli.timeline import code_text
from worker.demo import shop
from worker.demo.story import DemoError, Happened, Sent, read_story, tell
from worker.reports.story import ProductLine, Timeline

if TYPE_CHECKING:
    from worker.demo.service import Demo

EXPECTED = {"confirmation": "order confirmation", "shipping": "shipping", "follow_up": "follow-up"}
ZONE = shop.profile().timezone
Once = Annotated[bool, typer.Option("--once", help="End when the last email is out.")]
Port = Annotated[int | None, typer.Option(help="Default: 8000, or a free one.", min=1, max=65535, show_default=False)]


def demo(once: Once = False, port: Port = None, json: JsonFlag = False) -> None:
    """Watch an order become its three emails: nothing to set up, nothing really sent."""
    telemetry.configure(as_json=False, level=logging.ERROR)
    console = side() if json else screen()
    console.print(f"[bold]Northkettle[/], an invented shop for coffee gear. Business time of {ZONE}.\n")
    from worker.demo.service import running_demo  # brings servers: only this command needs them

    with running_demo(port) as running:
        mails = _play(running, console, stays=not once)
        story = read_story(running.installation)
        _check(mails, story)
        if json:
            show({"url": running.url, "mails": [_document(mail) for mail in mails]}, True, lambda _console: None)
        console.print(f"[green]✓[/] {len(mails)} emails, each sent once.")
        if once:
            console.print("[bright_black]Without --once it stays up, and you can look at them.[/]")
        else:
            _stay(running, console)


def _play(running: "Demo", console: Console, *, stays: bool) -> list[Sent]:
    mails: list[Sent] = []
    for event in tell(running.installation, running.url):
        if isinstance(event, Happened):
            console.print(_heading(event))
            console.print()
        else:
            mails.append(event)
            console.print(_panel(event, len(mails), stays=stays))
            console.print()
    return mails


def _heading(event: Happened) -> Table:
    row = grid()
    answer = f"[bright_black]signed webhook {event.webhook.topic}, answered {event.status}[/]"
    row.add_row("[cyan]●[/]", f"[bold]{local(event.webhook.at, ZONE)}[/]", f"{escape(event.webhook.told)}\n{answer}")
    return row


def _panel(sent: Sent, number: int, *, stays: bool) -> Panel:
    line, mail = sent.line, sent.mail
    told = [
        ("From", escape(mail.sender)),
        ("To", escape(mail.to)),
        ("Subject", f"[bold]{escape(mail.subject)}[/]"),
        ("Preview", escape(mail.preview)),
        ("Offers", "\n".join(_offer(product) for product in line.products)),
        ("Code", code_text(line.code, ZONE) if line.code else ""),
        ("Look", f"[link={sent.url}][cyan]{sent.url}[/][/]" if stays else ""),
    ]
    rows = named((name, value) for name, value in told if value)
    rows.columns[1].overflow = "fold"  # an address that is cut short leads nowhere
    title = f"[bold]{number}[/] {EXPECTED.get(line.step, line.step)} · {local(mail.at, ZONE)}"
    return Panel(rows, title=title, title_align="left", border_style="green", padding=(0, 1))


def _offer(product: ProductLine) -> str:
    return f"[bold]{escape(product.title)}[/] · {escape(product.why)} [bright_black]({escape(product.kind)})[/]"


def _check(mails: list[Sent], story: Timeline) -> None:
    """
    Raises:
        DemoError: not every email went out exactly once; the sentence says what became of the others.
    """
    steps = [mail.line.step for mail in mails]
    if sorted(steps) == sorted(EXPECTED):
        return
    kept = {line.step: f"{line.state}, {line.reason}" for line in story.messages if line.step not in steps}
    told = "; ".join(f"{step}: {reason}" for step, reason in (story.unsent | kept).items())
    raise DemoError(f"{len(steps)} emails went out ({', '.join(steps) or 'none'}) instead of three. {told}")


def _document(sent: Sent) -> dict[str, Any]:
    line, mail = sent.line, sent.mail
    return {
        "step": line.step,
        "subject": mail.subject,
        "url": sent.url,
        "sent_at": mail.at.isoformat(),
        "from": mail.sender,
        "to": mail.to,
        "preview": mail.preview,
        "products": [product.model_dump(mode="json") for product in line.products],
        "code": line.code and line.code.code,
    }


def _stay(running: "Demo", console: Console) -> None:
    console.print(f"\nLook at them as phones and desktops show them: [cyan]{running.url}/outbox[/]")
    console.print("[bright_black]It stays up. Ctrl-C ends it and throws its data away.[/]")
    stop = threading.Event()
    before = {number: signal.signal(number, lambda *_: stop.set()) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        while not stop.wait(0.5) and running.running.is_alive:
            continue
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    side().print("Stopped.")
