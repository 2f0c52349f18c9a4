"""`postpurchase up | web | worker | beat`.

Servers are loaded by the commands that run one: the others start in half the time.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from worker.bootstrap import Installation, build
from worker.cli.folders import From, read_folder
from worker.cli.output import side
from worker.errors import UserError
from worker.settings import load_settings

if TYPE_CHECKING:
    from worker.preview.live import LiveContent

Host = Annotated[str, typer.Option(help="Address to listen on.")]
Watch = Annotated[
    str | None, typer.Option("--watch", metavar="SHOP", help="Publish saved files of this shop at once, and show them.")
]
Port = Annotated[int, typer.Option(help="Port to listen on.", min=1, max=65535)]


def up(host: Host = "127.0.0.1", port: Port = 8000, watch: Watch = None, folder: From = None) -> None:
    """Run everything in one process: web, worker and beat. Ctrl-C ends it cleanly."""
    from worker import processes

    if folder is not None and watch is None:
        raise UserError("--from is the folder that --watch SHOP publishes from; without --watch nothing reads it.")

    def start(installation: Installation) -> int:
        live = _watched(installation, watch, folder) if watch else None

        def ready(url: str) -> None:
            side().print(f"[green]Postpurchase is up[/] at {url}  [bright_black]Ctrl-C ends it.[/]")
            if not installation.settings.has_provider:
                side().print(f"Mails are kept, not sent: look at them at {url}/outbox")
            if installation.settings.public_url != url:
                side().print(f"Links in mails begin with {installation.settings.public_url} (POSTPURCHASE_PUBLIC_URL).")

            if live is not None:
                live.start()
                side().print(f"Saved files of {watch} are published at once: look at them at {url}/preview")

        return processes.run_up(installation, host=host, port=port, on_ready=ready, routers=_routers(live))

    _run(start)


def _watched(installation: Installation, shop: str, folder: Path | None) -> "LiveContent":
    from worker.preview.live import LiveContent
    from worker.store.migrate import upgrade

    settings = installation.settings
    if settings.has_provider and not settings.redirect_all_to:
        raise UserError(
            "Mails really go out from here, and each saved file would be published at once. Look at them with "
            "`postpurchase preview STEP --from FOLDER` and publish with `content push`; or let all mails come to you "
            "with POSTPURCHASE_REDIRECT_ALL_TO while you watch."
        )
    upgrade(installation.database)
    return LiveContent(installation, shop, lambda: read_folder(folder or Path()))


def _routers(live: "LiveContent | None") -> list[Any]:
    if live is None:
        return []
    from worker.preview.live import live_router

    return [live_router(live)]


def web(host: Host = "127.0.0.1", port: Port = 8000) -> None:
    """Take webhooks and serve links: one process of a distributed installation."""
    from worker import processes

    _run(lambda installation: processes.run_web(installation, host=host, port=port))


def worker() -> None:
    """Plan and send: one process of a distributed installation."""
    from worker import processes

    _run(processes.run_worker)


def beat() -> None:
    """Tick: one process of a distributed installation. Two are harmless."""
    from worker import processes

    _run(processes.run_beat)


def _run(start: Callable[[Installation], int]) -> None:
    installation = build(load_settings())
    try:
        code = start(installation)
    finally:
        installation.close()
    raise typer.Exit(code)
