"""From the facts of one mail to what its template may use."""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

from schedules.facts import (
    DeliveryKind,
    DeliverySource,
    LineItem,
    LineKind,
    Order,
    Parcel,
    PaymentState,
    PickupPoint,
)
from schedules.parcels import group_parcels, parcel_groups
from schedules.shop import Role
from schedules.situations import is_short
from worker.rendering import formats
from worker.rendering.carriers import redirect_url
from worker.rendering.changes import change_mail, change_url
from worker.rendering.context import (
    LineContext,
    MailContext,
    OrderContext,
    ParcelContext,
    ShopContext,
    TrackingContext,
)
from worker.rendering.markup import json_ld
from worker.rendering.offers import offer_part
from worker.rendering.port import GuideView, MailInputs, Offer, OfferCard, ProductView
from worker.rendering.totals import totals_context
from worker.rendering.variants import hero_of, lead_of, variant_of

MOST_LINES = 6
"""More lines than this: one fewer is shown, and "and n more items"."""
NO_GUIDE = GuideView(headline="", tips=(), url="")


@dataclass(frozen=True)
class Builder:
    """Builds the context of one mail. `locale` is one that Babel knows; `labels` the language's words for totals."""

    inputs: MailInputs
    locale: str
    labels: dict[str, str]
    shop: ShopContext

    @cached_property
    def order(self) -> Order:
        order = self.inputs.facts.order
        assert order is not None, "the gate lets no mail pass without its order"
        return order

    @cached_property
    def hero(self) -> LineItem | None:
        return hero_of(self.inputs, self._is_discreet)

    def _is_discreet(self, line: LineItem) -> bool:
        product = self._product(line)
        return product is not None and product.discreet

    def _product(self, line: LineItem) -> ProductView | None:
        return self.inputs.products.get(line.product_id or "")

    @property
    def is_companion(self) -> bool:
        return self.inputs.role is Role.COMPANION and self.inputs.step in ("confirmation", "shipping")

    def build(self) -> MailContext:
        inputs, order, hero, lead = self.inputs, self.order, self.hero, lead_of(self.inputs)
        guide = inputs.guide if inputs.guide and lead is None else NO_GUIDE  # one job a mail
        offered = offer_part(inputs.offer or Offer(), inputs.shop, order, self.locale)
        hero_product, pickup = self._product(hero) if hero else None, order.pickup or PickupPoint()
        shown = self._shown_lines()
        kept = shown if len(shown) <= MOST_LINES else shown[: MOST_LINES - 1]
        return MailContext(
            lang=self.locale.replace("_", "-"),
            dir="rtl" if formats.language_of(self.locale) in formats.RIGHT_TO_LEFT else "ltr",
            shop=self.shop,
            order=self._order(),
            name=formats.first_name(order.customer.first_name),
            hero=self._hero_title(hero, hero_product),
            hero_image=formats.sized(hero_product.image_url, 1104) if hero_product else "",
            hero_url=hero_product.url if hero_product else "",
            lines=[self._line(line) for line in kept],
            more_lines=len(shown) - len(kept),
            others=sum(line.quantity for line in shown) - (hero.quantity if hero else 0),
            totals=[] if self._hides_prices else totals_context(order, self.labels, self.locale),
            parcel=self.parcel,
            cards=offered.cards,
            code=offered.code,
            free_shipping=offered.free_shipping,
            tips=list(guide.tips),
            guide_headline=guide.headline,
            guide_url=guide.url,
            variant=variant_of(inputs, order, is_companion=self.is_companion, is_part=bool(self.parcel.part)),
            bought_on=self._bought_on(lead),
            companion=self.is_companion,
            pending=order.payment is PaymentState.ACCEPTED,
            updated=inputs.parcel_group.startswith("edit-"),
            short=is_short(order),
            digital=order.delivery is DeliveryKind.DIGITAL,
            pickup=order.delivery is DeliveryKind.PICKUP,
            gift=order.gift is not None,
            estimated=inputs.delivery_source is DeliverySource.ESTIMATED,
            first_time=inputs.is_first_time,
            contact=inputs.contact,
            expected=self._span(inputs.expected),
            pickup_place=self._pickup_place(),
            pickup_hours=pickup.hours,
            pickup_bring=pickup.bring,
            unsubscribe_url=inputs.links.unsubscribe,
            no_offers_url=inputs.links.no_offers,
            yes_url=inputs.links.feedback_yes,
            no_url=inputs.links.feedback_no,
            returns_until=formats.day(inputs.return_ends_on, self.locale) if inputs.return_ends_on else "",
            json_ld=json_ld(inputs, order),
        )

    def _shown_lines(self) -> list[LineItem]:
        """The lines the mail is about: all that are left, or those in this parcel, with its pieces."""
        shown = [line for line in self.order.lines if line.quantity]
        parcels = self.parcels if self.inputs.step == "shipping" else []
        if not parcels or any(not parcel.lines for parcel in parcels):
            return shown
        pieces: dict[str, int] = {}
        for parcel in parcels:
            for line in parcel.lines:
                pieces[line.line_id] = pieces.get(line.line_id, 0) + line.quantity
        return [line.model_copy(update={"quantity": pieces[line.id]}) for line in shown if pieces.get(line.id)]

    def _bought_on(self, lead: OfferCard | None) -> str:
        if lead is None or lead.bought_at is None:
            return ""
        return formats.long_day(formats.local_date(lead.bought_at, self.inputs.timezone), self.locale)

    def _hero_title(self, hero: LineItem | None, product: ProductView | None) -> str:
        """The short title; never the catalogue's long one. A gift is not "your" anything."""
        if hero is None or self.order.gift is not None:
            return ""
        if product is not None and product.short_title:
            return product.short_title
        return hero.title if len(hero.title) <= 24 else ""

    def _date(self, moment_day: date) -> str:
        return formats.day(moment_day, self.locale)

    def _span(self, days: tuple[date, date] | None) -> str:
        if days is None:
            return ""
        first, last = days
        return self._date(first) if first == last else f"{self._date(first)} – {self._date(last)}"

    def _order(self) -> OrderContext:
        order = self.order
        placed = formats.local_date(order.placed_at, self.inputs.timezone)
        billing = order.billing_address if order.billing_address != order.shipping_address else None
        return OrderContext(
            number=order.number,
            date=formats.long_day(placed, self.locale),
            url=formats.web_url(order.status_url) or formats.web_url(self.inputs.shop.url),
            may_change=not (is_short(order) or order.delivery is DeliveryKind.DIGITAL or self.groups),
            change_url=change_url(self.inputs.shop, order.number),
            change_mail=change_mail(self.shop.reply_to, order.number, self.labels.get("label_order", "")),
            status_label="",
            total=formats.money(order.totals.total, self.locale),
            payment_method=order.payment_method,
            pay_by=self._date(order.pay_by) if order.pay_by else "",
            method=order.shipping_method,
            ship_to=formats.one_line(order.shipping_address, self.locale),
            bill_to=formats.one_line(billing, self.locale),
            gift_message=order.gift.message if order.gift else "",
        )

    @property
    def _hides_prices(self) -> bool:
        return self.order.gift is not None and self.order.gift.hide_prices

    def _line(self, line: LineItem) -> LineContext:
        product = self._product(line)
        image = (product.image_url if product else "") or line.image_url or ""
        return LineContext(
            title=line.title,
            variant=line.variant_title,
            quantity=line.quantity,
            price=""
            if self._hides_prices or self.inputs.step == "shipping"
            else formats.money(line.total, self.locale),
            image=formats.sized(formats.web_url(image), 144),
            expected=self._date(line.expected_on) if line.expected_on else "",
        )

    @cached_property
    def parcel(self) -> ParcelContext:
        parcels = self.parcels
        tracked = [parcel for parcel in parcels if parcel.tracking_number or parcel.tracking_url]
        first = tracked[0] if tracked else None
        groups = list(self.groups)
        to_come = self._to_come()
        day_group = self.inputs.parcel_group.partition("+")[0]
        part = groups.index(day_group) + 1 if day_group in groups else 0
        is_split = part > 0 and (len(groups) > 1 or bool(to_come))
        expected = self.inputs.expected
        return ParcelContext(
            carrier=first.carrier if first else "",
            number=first.tracking_number if first else "",
            url=formats.web_url(first.tracking_url) if first else "",
            redirect_url=redirect_url(self.order, first) if first else "",
            expected=self._span(expected),
            late_after=self._date(expected[1] + timedelta(days=3)) if expected else "",
            part=part if is_split else 0,
            parts=max(len(groups), part) + (1 if to_come else 0) if is_split else 0,
            to_come=to_come,
            others=[
                TrackingContext(
                    carrier=each.carrier, number=each.tracking_number, url=formats.web_url(each.tracking_url)
                )
                for each in tracked[1:]
            ],
        )

    @cached_property
    def groups(self) -> dict[str, list[Parcel]]:
        return parcel_groups(self.inputs.facts, self.inputs.shop)

    @cached_property
    def parcels(self) -> list[Parcel]:
        return group_parcels(self.inputs.facts, self.inputs.shop, self.inputs.parcel_group)

    def _to_come(self) -> str:
        """Lines that are in no parcel yet, in words; empty when parcels list no lines."""
        left: dict[str, int] = {}
        for parcels in self.groups.values():
            for parcel in parcels:
                if not parcel.lines:
                    return ""
                for line in parcel.lines:
                    left[line.line_id] = left.get(line.line_id, 0) + line.quantity
        missing = [
            line.title
            for line in self.order.lines
            if self.groups and line.kind is LineKind.PHYSICAL and left.get(line.id, 0) < line.quantity
        ]
        return ", ".join(missing)

    def _pickup_place(self) -> str:
        point = self.order.pickup
        if point is None:
            return ""
        return ", ".join(part for part in (point.name, formats.one_line(point.address, self.locale)) if part)
