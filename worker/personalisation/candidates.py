"""What the rules of an offer look at: products that might be shown, what is known of the person, and the outcome."""

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from decimal import Decimal

from schedules.offers import OfferPolicy
from schedules.records import record

LEAST_ORDERS, LEAST_ATTACHMENT = 20, 0.05
"""From so many common orders, and this share of the other product's, on, "often bought with" is true."""


@record
class Item:
    """A catalogue product as the rules see it. `inventory` None: not counted; `cost` None: unknown.

    `fits`, `ships_to`, `bundle_of`: as in the catalogue. `parts_price`: what a bundle's parts cost one by one; None:
    not known, or no bundle.
    """

    product_id: str
    variant_id: str = ""
    short_title: str
    category: str = ""
    brand: str = ""
    tags: tuple[str, ...] = ()
    price: Decimal | None
    currency: str
    cost: Decimal | None = None
    inventory: int | None = None
    is_active: bool = True
    unusable: str = ""
    discreet: bool = False
    fits: tuple[str, ...] = ()
    ships_to: tuple[str, ...] = ()
    bundle_of: tuple[str, ...] = ()
    parts_price: Decimal | None = None


@record
class Proof:
    """What makes "often bought with" true: `support` common orders, of `orders` with what was bought."""

    score: float
    support: int
    orders: int

    @property
    def is_enough(self) -> bool:
        return self.support >= LEAST_ORDERS and self.support >= LEAST_ATTACHMENT * self.orders


@record
class Paired:
    """A product that goes with the order: by a pairing of the merchant's, learned from orders (then with proof), the
    same again, or a better one.

    `for_title`: short title of what was bought; of a best seller the category. `fits_title`: short title of what was
    bought that it was made for; empty: nothing that may be named. `due_at`, `bought_at`: of a refill;
    `upgrade_from`: price of what was bought, in the catalogue's currency; `benefits`: what an upgrade does better;
    `for_product`: id of what was bought, of these two. `goes_with`: ids of all that was bought and leads to it.
    """

    item: Item
    priority: int = 0
    pitch: str = ""
    not_before: str = ""
    for_title: str = ""
    fits_title: str = ""
    kind: str = "pairing"  # pairing | co_purchase | best_seller | refill | upgrade
    proof: Proof | None = None
    due_at: datetime | None = None
    bought_at: datetime | None = None
    upgrade_from: Decimal | None = None
    benefits: str = ""
    for_product: str = ""
    goes_with: frozenset[str] = frozenset()


@record
class Limits:
    """What else is known of the person and the mail.

    `bought`, `hidden`: product ids, over all orders and mails of the person; `returned`: those of them that came back;
    `offered`: product id -> when it was last shown. `names`: ids, categories and tags of what was just bought;
    `categories`: its categories alone. `returns_ended`: the return window has passed. `language`: BCP 47; `timezone`:
    IANA; `country`: where it ships to, ISO 3166-1 alpha-2, empty: unknown. `wants_sets`: whole sets come first.
    """

    step: str
    most: int
    currency: str
    order_value: Decimal
    bought: frozenset[str]
    hidden: frozenset[str] = field(default_factory=frozenset)
    returned: frozenset[str] = field(default_factory=frozenset)
    offered: Mapping[str, datetime] = field(default_factory=dict)
    names: frozenset[str] = field(default_factory=frozenset)
    categories: frozenset[str] = field(default_factory=frozenset)
    policy: OfferPolicy = field(default_factory=OfferPolicy)
    is_gift: bool = False
    wants_sets: bool = False
    returns_ended: bool = False
    language: str = "en"
    timezone: str = "UTC"
    country: str = ""
    now: datetime | None = None


@record
class Choice:
    """`why`: what the mail prints; `proof`: what it rests on, for the timeline; `bought_at`, `for_product`: as in
    `Paired`; `goes_with`: by whatever speaks for it."""

    item: Item
    kind: str
    why: str
    proof: str = ""
    bought_at: datetime | None = None
    for_product: str = ""
    goes_with: frozenset[str] = frozenset()


@record
class Selection:
    """`why_not`: a sentence for the timeline when nothing was chosen."""

    choices: tuple[Choice, ...] = ()
    why_not: str = ""
