"""Learning of a whole shop: orders read, a mix of recipes chosen, the table of suggestions put in place."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from worker.bootstrap import Installation
from worker.personalisation.learning.model import Mix, Model, learn_mix
from worker.personalisation.learning.purchases import Purchases
from worker.personalisation.learning.reading import read_new_orders, read_purchases
from worker.personalisation.learning.rhythms import rhythms
from worker.personalisation.learning.table import Closest, Line, calibrated, category_lines, closest, product_lines
from worker.personalisation.learning.tuning import Trial, choose, split
from worker.store.histories import top_spending
from worker.store.models import Product, Shop
from worker.store.suggestions import learning_of, replace_rhythms, replace_suggestions

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class Figures:
    """How good suggestions are, measured on the shop's latest orders, which were kept out of the learning.

    `hit_at_4`, `hit_at_10`: share of hidden products found among so many, of `asked`; `coverage`: share of the products
    ever bought that have a suggestion; `with_block`: share of the held-out orders that get one; `threshold`: scores
    below it are not shown (None: nothing is). `closest`: what comes nearest to being suggested; None: something is.
    """

    orders: int
    products: int
    asked: int
    hit_at_4: float
    hit_at_10: float
    coverage: float
    with_block: float
    threshold: float | None
    closest: Closest | None


@dataclass(frozen=True, kw_only=True)
class Learned:
    lines: tuple[Line, ...]
    figures: Figures
    mix: Mix


def learn_table(purchases: Purchases, categories: dict[str, str]) -> Learned:
    """The table of suggestions of some orders, with its figures. Pure."""
    trial = choose(purchases)
    threshold, with_block = _tried(purchases, trial.model)
    lines = product_lines(purchases, learn_mix(purchases, trial.mix), threshold)
    figures = _figures(purchases, trial, lines, threshold, with_block)
    return Learned(lines=(*lines, *category_lines(purchases, categories)), figures=figures, mix=trial.mix)


def _tried(purchases: Purchases, model: Model) -> tuple[float, float]:
    """The threshold found on held-out orders, and the share of those that then get a block."""
    earlier, later = split(purchases)
    lines = product_lines(earlier, model)
    threshold = calibrated(lines, later)
    offers: dict[str, set[str]] = {}
    for line in lines:
        if line.score >= threshold:
            offers.setdefault(line.when_product, set()).add(line.product_id)
    served = 0
    for basket in later.baskets():
        served += bool(set().union(*(offers.get(product, set()) for product in basket)) - basket)
    return threshold, served / max(len(later), 1)


def _figures(purchases: Purchases, trial: Trial, lines: list[Line], threshold: float, with_block: float) -> Figures:
    bought = int((purchases.counts > 0).sum())
    return Figures(
        orders=len(purchases),
        products=bought,
        asked=len(trial.ranks),
        hit_at_4=trial.hit_at(4),
        hit_at_10=trial.hit_at(10),
        coverage=len({line.when_product for line in lines}) / max(bought, 1),
        with_block=with_block,
        threshold=threshold if threshold != float("inf") else None,
        closest=None if lines else closest(purchases),
    )


def read_shop(session: Session, shop_id: UUID) -> tuple[Purchases, dict[str, str]]:
    """All purchases with the catalogue's titles, and product id -> category."""
    columns = (Product.product_id, Product.title, Product.category)
    rows = session.execute(select(*columns).where(Product.shop_id == shop_id)).all()
    ledger = read_purchases(session, shop_id)
    titles = {row.product_id: row.title for row in rows if ledger.knows(row.product_id)}
    return ledger.purchases(titles), {row.product_id: row.category for row in rows}


def fit(
    installation: Installation,
    shop_id: UUID,
    *,
    force: bool = False,
    stage: Callable[[str], Any] = lambda doing: None,
) -> Figures | None:
    """Learns a shop's suggestions anew and puts them in place; None when nothing changed since they were learned.

    Reading and computing lock nothing; a second fit of the same shop at once does the same work and no harm.
    """
    stage("Reading orders")
    changed = read_new_orders(installation.database, shop_id)
    with installation.database.write() as session:
        learning = learning_of(session, shop_id)
        if not (changed or learning.is_stale or force):
            return None
        learning.is_stale = False  # set again by whatever is imported from here on
    try:
        return _learn_and_keep(installation, shop_id, stage)
    except BaseException:
        with installation.database.write() as session:
            learning_of(session, shop_id).is_stale = True
        raise


def _learn_and_keep(installation: Installation, shop_id: UUID, stage: Callable[[str], Any]) -> Figures:
    with installation.database.snapshot() as session:
        purchases, categories = read_shop(session, shop_id)
    stage(f"Learning from {len(purchases):,} orders")
    learned = learn_table(purchases, categories)
    now: datetime = installation.clock.now()
    stage(f"Storing {len(learned.lines):,} suggestions")
    with installation.database.write() as session:
        replace_suggestions(session, shop_id, [asdict(line) for line in learned.lines], now)
        learning = learning_of(session, shop_id)
        learning.fitted_at, learning.figures = now, asdict(learned.figures)
        replace_rhythms(session, shop_id, rhythms(purchases))
        learning.high_value_from = top_spending(session, shop_id, now)
    log.info("learning.suggestions.stored", shop_id=str(shop_id), lines=len(learned.lines), orders=len(purchases))
    return learned.figures


def fit_all(installation: Installation) -> int:
    """Fits each shop that changed; says how many."""
    with installation.database.read() as session:
        shops = session.scalars(select(Shop.id).order_by(Shop.id)).all()
    return sum(fit(installation, shop_id) is not None for shop_id in shops)
