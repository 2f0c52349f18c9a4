"""Whether anybody is offered what was learned, or what comes later, by the rules that mails go by.

Asked of somebody who bought one thing for any price and was shown nothing yet: what is refused then, all are refused.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal

from sqlalchemy.orm import Session

from worker.personalisation.candidates import Limits, Paired, Proof
from worker.personalisation.items import item_of
from worker.personalisation.refusals import why_refused, why_unfit
from worker.personalisation.shelves import names_of
from worker.store.content import newest_sequence
from worker.store.models import Shop, Suggestion
from worker.store.shelf import ShelfProduct, shelf_products
from worker.store.shops import profile_of

MISSING = "is not in the catalogue"
BOUGHT_MISSING = "goes with something that is not in the catalogue"


class Offerable:
    """A shop's rules, and the products that are asked about."""

    def __init__(self, session: Session, shop: Shop, product_ids: Iterable[str]) -> None:
        self._shelf: defaultdict[str, list[ShelfProduct]] = defaultdict(list)
        for row in shelf_products(session, {(shop.id, product_id) for product_id in product_ids if product_id}):
            self._shelf[row.product_id].append(row)
        self._limits = Limits(
            step="follow_up",
            most=1,
            currency=profile_of(shop).currency,
            order_value=Decimal("Infinity"),
            bought=frozenset(),
            policy=newest_sequence(session, shop.id)[1].offers,
        )

    def why_not(self, row: Suggestion) -> str:
        """The rule by which no mail shows what was learned; empty: one may."""
        own = self._shelf[row.when_product] if row.when_product else []
        variants = self._shelf[row.product_id]
        if not variants or (row.when_product and not own):
            return BOUGHT_MISSING if variants else MISSING
        categories = {each.category for each in own} if own else {row.when_category}
        names = {name for each in own for _, name in names_of(each)} | {row.when_category}
        bought = frozenset({row.when_product} - {""})
        limits = replace(self._limits, bought=bought, categories=frozenset(categories), names=frozenset(names - {""}))
        kind = "co_purchase" if row.when_product else "best_seller"
        proof = Proof(score=row.score, support=row.support, orders=row.orders)
        pairs = [(Paired(item=item_of(each), kind=kind, proof=proof), each) for each in variants]
        return _unless_any([why_refused(paired, _shipped(limits, each)) for paired, each in pairs])

    def why_not_later(self, product_id: str) -> str:
        """The rule by which no mail shows a product, whatever it is offered as; empty: one may."""
        rows = self._shelf[product_id]
        return _unless_any([why_unfit(item_of(row), _shipped(self._limits, row)) for row in rows]) if rows else MISSING


def _shipped(limits: Limits, row: ShelfProduct) -> Limits:
    """To a country that it ships to."""
    return replace(limits, country=row.ships_to[0]) if row.ships_to else limits


def _unless_any(refusals: Sequence[str]) -> str:
    """The first refusal if every variant has one."""
    return refusals[0] if refusals and all(refusals) else ""
