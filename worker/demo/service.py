"""A whole installation for the demo: its own folder, a simulated clock, the demo shop, everything running."""

import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from worker.bootstrap import Installation, build
from worker.demo import history, images, shop
from worker.embedded import Embedded
from worker.imports.guides import import_guides
from worker.imports.orders import import_orders
from worker.imports.pairings import import_pairings
from worker.imports.products import import_products
from worker.personalisation.learning.fitting import fit_all
from worker.settings import SENDGRID_URL, ClockMode, Settings
from worker.store.content import packaged_content, publish
from worker.store.migrate import upgrade
from worker.store.shops import add_shop, add_source, get_shop

HOST = "127.0.0.1"
USUAL_PORT = 8000


@dataclass(frozen=True)
class Demo:
    """A running demo. `url` is where its web process answers."""

    installation: Installation
    url: str
    running: Embedded


@contextmanager
def running_demo(port: int | None = None) -> Iterator[Demo]:
    """Starts everything in a folder that is gone afterwards; nothing of a real installation is read or touched."""
    with tempfile.TemporaryDirectory(prefix="postpurchase-demo-") as folder:
        port = port or free_port()
        installation = build(demo_settings(Path(folder), f"http://{HOST}:{port}"))
        try:
            upgrade(installation.database)
            set_up(installation)
            with Embedded(installation, host=HOST, port=port, routers=(images.router,)) as running:
                yield Demo(installation=installation, url=running.url, running=running)
        finally:
            installation.close()


def demo_settings(folder: Path, public_url: str) -> Settings:
    """Embedded defaults with a simulated clock. Every setting is given, so that none comes from the environment."""
    embedded = dict.fromkeys(name for name, field in Settings.model_fields.items() if field.default is None)
    return Settings(
        _env_file=None,
        **embedded,
        data_dir=folder,
        public_url=public_url,
        sendgrid_base_url=SENDGRID_URL,
        clock=ClockMode.SIMULATED,
        log_json=False,
    )


def free_port() -> int:
    """The usual port when nobody has it, else any free one."""
    for port in (USUAL_PORT, 0):
        try:
            with socket.create_server((HOST, port)) as found:
                return int(found.getsockname()[1])
        except OSError:
            continue
    return USUAL_PORT


def set_up(installation: Installation) -> None:
    """The demo shop with its source, content, catalogue, pairings, guides, and what a year of orders teaches."""
    now, url = installation.clock.now(), installation.settings.public_url
    with installation.database.write() as session:
        add_shop(session, shop.profile(), now=now, is_demo=True)
        owner = get_shop(session, shop.SLUG)
        add_source(session, installation.sealer, owner, "shopify", shop.SECRET, now=now)
        publish(session, owner.id, packaged_content(), "as packaged", now)
    for name, read in (("products", import_products), ("pairings", import_pairings), ("guides", import_guides)):
        file = installation.settings.data_dir / f"{name}.csv"
        file.write_text(shop.csv_text(name, public_url=url), encoding="utf-8")
        read(installation.database, owner.id, file)
    past = installation.settings.data_dir / "orders.csv"
    past.write_text(history.orders_csv(now), encoding="utf-8")
    import_orders(installation.database, owner.id, past)
    fit_all(installation)
