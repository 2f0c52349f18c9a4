"""From the facts of one mail to what its template may use."""

from datetime import date

from schedules.facts import (
    ConsentState,
    DeliveryKind,
    LineItem,
    LineKind,
    PaymentState,
    PickupPoint,
    RefundReason,
)
from schedules.parcel_facts import DeliverySource
from schedules.shop import Role
from schedules.situations import is_short
from worker.rendering import formats
from worker.rendering.changes import change_mail, change_url
from worker.rendering.context import (
    LineContext,
    MailContext,
    OrderContext,
    PropertyContext,
    ShopContext,
    TotalContext,
)
from worker.rendering.images import sized
from worker.rendering.markup import json_ld
from worker.rendering.offers import offer_part
from worker.rendering.parcels import paid_back, parcel_part, still_wanted
from worker.rendering.paying import pays_first, pays_on_delivery, printed_method
from worker.rendering.port import GuideView, MailInputs, Offer, OfferCard, ProductView, is_discreet
from worker.rendering.totals import goes_with_set, printed_price, prints_full_prices, totals_context
from worker.rendering.variants import guide_of, hero_of, lead_of, variant_of

MOST_LINES = 6
"""More lines than this: one fewer is shown, and "and n more items"."""
EXTRAS = (LineKind.TIP, LineKind.PROTECTION, LineKind.GIFT_WRAP)
"""Lines that are no things."""
LONGEST_NAME, LONGEST_TITLE = 30, 24
"""Letters of a short title, and of a line's own, that fit into a subject."""
HERO_PIXELS, THUMB_PIXELS = 1104, 144
"""Twice the pixels in which they are shown."""
NO_GUIDE = GuideView(headline="", tips=(), url="")


class Builder:
    """Builds the context of one mail. `locale` is one that Babel knows; `labels` the language's words for totals."""

    def __init__(self, inputs: MailInputs, locale: str, labels: dict[str, str], shop: ShopContext) -> None:
        order = inputs.facts.order
        assert order is not None, "the gate lets no mail pass without its order"
        self.inputs, self.locale, self.labels, self.shop, self.order = inputs, locale, labels, shop, order
        self.lead, self.hero = lead_of(inputs), hero_of(inputs, self._is_discreet)
        self.parcels = parcel_part(inputs, order, locale)
        self.is_full = prints_full_prices(order)

    def _is_discreet(self, line: LineItem) -> bool:
        return is_discreet(line, self.inputs.products)

    def _product(self, line: LineItem) -> ProductView | None:
        return self.inputs.products.get(line.product_id or "")

    @property
    def is_companion(self) -> bool:
        return self.inputs.role is Role.COMPANION and self.inputs.step in ("confirmation", "shipping")

    def build(self) -> MailContext:
        inputs, order, hero, lead, parcel = self.inputs, self.order, self.hero, self.lead, self.parcels.context
        guide, shown = guide_of(inputs, order) or NO_GUIDE, self._shown_lines()
        offered = offer_part(inputs.offer or Offer(), inputs.shop, order, self.locale)
        hero_product, pickup = self._product(hero) if hero else None, order.pickup or PickupPoint()
        return MailContext(
            lang=self.locale.replace("_", "-"),
            dir="rtl" if formats.language_of(self.locale) in formats.RIGHT_TO_LEFT else "ltr",
            shop=self.shop,
            order=self._order(),
            name=formats.first_name(order.customer.first_name),
            hero=self._hero_title(hero, hero_product),
            hero_image=_first_shown(self._pictures(hero), HERO_PIXELS) if hero else "",
            hero_url=hero_product.url if hero_product else "",
            for_hero=self._is_for_hero(),
            lines=[self._line(line) for line in _first_lines(shown)],
            more_lines=len(shown) - len(_first_lines(shown)),
            others=self._pieces_beside(hero, shown),
            totals=[] if self._hides_prices else self._totals(),
            parcel=parcel,
            cards=offered.cards,
            code=offered.code,
            free_shipping=offered.free_shipping,
            tips=list(guide.tips),
            guide_headline=guide.headline,
            guide_url=guide.url,
            variant=variant_of(inputs, order, is_companion=self.is_companion, is_part=self.parcels.is_part),
            bought_on=self._bought_on(lead),
            companion=self.is_companion,
            pending=order.payment is PaymentState.ACCEPTED,
            updated=inputs.parcel_group.startswith("edit-"),
            short=is_short(order),
            digital=order.delivery is DeliveryKind.DIGITAL,
            pickup=order.delivery is DeliveryKind.PICKUP,
            gift=order.gift is not None,
            estimated=inputs.delivery_source is DeliverySource.ESTIMATED and order.delivery is not DeliveryKind.DIGITAL,
            first_time=inputs.is_first_time,
            has_agreed=order.customer.consent is ConsentState.SUBSCRIBED,
            contact=inputs.contact,
            expected="" if pays_first(order) else parcel.expected,
            pickup_place=self._pickup_place(),
            pickup_hours=pickup.hours,
            pickup_bring=pickup.bring,
            unsubscribe_url=inputs.links.unsubscribe,
            no_offers_url=inputs.links.no_offers,
            yes_url=inputs.links.feedback_yes,
            no_url=inputs.links.feedback_no,
            returns_until=self._returns_until(),
            json_ld=json_ld(inputs, order, self.parcels.parcels),
        )

    def _pieces_beside(self, hero: LineItem | None, shown: list[LineItem]) -> int:
        """How many more the subject may promise; what is in a set goes with it."""
        counted = [line for line in shown if line.kind not in EXTRAS and not goes_with_set(line, self.order)]
        return max(sum(line.quantity for line in counted) - (hero.quantity if hero else 0), 0)

    def _returns_until(self) -> str:
        """The last day of the return window; empty once it has passed."""
        end = self.inputs.return_ends_on
        if end is None or end < formats.local_date(self.inputs.now, self.inputs.timezone):
            return ""
        return self._date(end)

    def _shown_lines(self) -> list[LineItem]:
        """The lines the mail is about: all that are left, or those in this parcel, with its pieces."""
        shown = [line for line in self.order.lines if line.quantity]
        if self.inputs.step != "shipping":
            return shown
        parcels = self.parcels.parcels
        if not parcels or any(not parcel.lines for parcel in parcels):
            back = paid_back(self.inputs.facts, RefundReason.STOCK)
            return [_of_pieces(line, left) for line in shown if (left := still_wanted(line, back))]
        pieces: dict[str, int] = {}
        for parcel in parcels:
            for line in parcel.lines:
                pieces[line.line_id] = pieces.get(line.line_id, 0) + line.quantity
        return [_of_pieces(line, sent) for line in shown if (sent := pieces.get(line.id))]

    def _bought_on(self, lead: OfferCard | None) -> str:
        if lead is None or lead.bought_at is None:
            return ""
        return formats.long_day(formats.local_date(lead.bought_at, self.inputs.timezone), self.locale)

    def _hero_title(self, hero: LineItem | None, product: ProductView | None) -> str:
        """The short title; never the catalogue's long one. A gift is not "your" anything."""
        if hero is None or self.order.gift is not None:
            return ""
        if product is not None and 0 < len(product.short_title) <= LONGEST_NAME:
            return product.short_title
        return hero.title if len(hero.title) <= LONGEST_TITLE else ""

    def _is_for_hero(self) -> bool:
        told = [card.goes_with for card in (self.inputs.offer or Offer()).cards if card.goes_with is not None]
        return self.hero is not None and all(self.hero.product_id in products for products in told)

    def _date(self, moment_day: date) -> str:
        return formats.day(moment_day, self.locale)

    def _order(self) -> OrderContext:
        order, totals = self.order, self.order.totals
        placed = formats.local_date(order.placed_at, self.inputs.timezone)
        billing = order.billing_address if order.billing_address != order.shipping_address else None
        return OrderContext(
            number=order.number,
            date=formats.long_day(placed, self.locale),
            url=formats.web_url(order.status_url) or formats.web_url(self.inputs.shop.url),
            has_left=self.parcels.has_left,
            may_change=not (is_short(order) or order.delivery is DeliveryKind.DIGITAL or self.parcels.has_left),
            change_url=change_url(self.inputs.shop, order.number),
            change_mail=change_mail(self.shop.reply_to, order.number, self.labels.get("label_order", "")),
            total=formats.money(totals.total, self.locale),
            payment_method=printed_method(order, self.labels),
            pay_by=self._date(order.pay_by) if order.pay_by else "",
            to_pay=formats.money(totals.outstanding if totals.outstanding.amount else totals.total, self.locale),
            pays_first=pays_first(order),
            pays_on_delivery=pays_on_delivery(order),
            method=order.shipping_method,
            ship_to=formats.one_line(order.shipping_address, self.locale),
            bill_to=formats.one_line(billing, self.locale),
            gift_message=order.gift.message if order.gift else "",
        )

    def _totals(self) -> list[TotalContext]:
        return totals_context(self.order, self.inputs.facts.refunds, self.labels, self.locale)

    @property
    def _hides_prices(self) -> bool:
        return self.order.gift is not None and self.order.gift.hide_prices

    def _line(self, line: LineItem) -> LineContext:
        is_later = line.expected_on is not None and self.inputs.step != "shipping"  # what is in a parcel has left
        return LineContext(
            title=line.title,
            variant=line.variant_title,
            quantity=line.quantity,
            price=""
            if self._hides_prices or self.inputs.step == "shipping" or goes_with_set(line, self.order)
            else printed_price(line, self.locale, is_full=self.is_full),
            image="" if self._is_discreet(line) else _first_shown(self._pictures(line), THUMB_PIXELS),
            expected=self._date(line.expected_on) if line.expected_on and is_later else "",
            properties=[PropertyContext(name=each.name, value=each.value) for each in line.properties],
        )

    def _pictures(self, line: LineItem) -> tuple[str, ...]:
        """Of the variant that was bought, else of its product, else what the order says."""
        product = self._product(line)
        return self.inputs.pictures.get(line.id, ""), product.image_url if product else "", line.image_url or ""

    def _pickup_place(self) -> str:
        point = self.order.pickup
        if point is None:
            return ""
        return ", ".join(part for part in (point.name, formats.one_line(point.address, self.locale)) if part)


def _of_pieces(line: LineItem, quantity: int) -> LineItem:
    return line if line.quantity == quantity else line.model_copy(update={"quantity": quantity})


def _first_lines(lines: list[LineItem]) -> list[LineItem]:
    return lines if len(lines) <= MOST_LINES else lines[: MOST_LINES - 1]


def _first_shown(images: tuple[str, ...], pixels: int) -> str:
    """The first picture that every mailbox shows, so large; empty: none."""
    for each in images:
        if each and (shown := sized(formats.web_url(each), pixels)):
            return shown
    return ""
