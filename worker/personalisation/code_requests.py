"""What is asked of codes, and answered."""

from datetime import datetime
from uuid import UUID

from schedules.codes import NeverOn, SegmentCode
from schedules.facts import Facts, Order
from schedules.records import record
from schedules.segments import Segment
from schedules.sequence import Sequence
from schedules.shop import ShopProfile
from worker.personalisation.code_terms import discountable
from worker.rendering.port import CodeView, Offer, ProductView

SPARES_SALES = "woocommerce"
"""Whose codes take nothing off what is on sale."""
OUTBOX = "outbox"
"""Makes codes for mails that are only kept: no shop ever hears of them."""


@record
class Maker:
    """Who makes the codes of a shop. `why_not`: why nobody can; then there are none."""

    kind: str = ""  # shopify | woocommerce | pool | outbox
    source_id: UUID | None = None
    why_not: str = ""


@record
class CodeRequest:
    """One mail that may carry a code, with the offer it goes with.

    `waiting_since`: when the mail began to wait for its code. `last_moment`: until when it may wait at most.
    """

    shop_id: UUID
    order_id: UUID
    address: str
    step: str
    stream: str
    segment: Segment
    facts: Facts
    profile: ShopProfile
    sequence: Sequence
    offer: Offer | None
    maker: Maker
    now: datetime
    last_moment: datetime
    waiting_since: datetime | None = None

    @property
    def given(self) -> SegmentCode:
        return self.sequence.steps[self.step].code_for(self.segment)

    @property
    def never_on(self) -> NeverOn:
        return self.sequence.code.never_on

    @property
    def discountable(self) -> tuple[ProductView, ...]:
        """The offered products that the code may take something off."""
        return discountable(self.offer, self.never_on, is_for_full_price=self.maker.kind == SPARES_SALES)

    @property
    def order(self) -> Order:
        assert self.facts.order is not None, "the gate lets no message pass without its order"
        return self.facts.order


@record
class CodeDecision:
    """A code to show, or until when the mail waits for it, or why there is none (empty: none was meant to be)."""

    view: CodeView | None = None
    wait_until: datetime | None = None
    why_not: str = ""
