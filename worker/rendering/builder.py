"""From the facts of one mail to what its template may use."""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property, lru_cache

from schedules.conditions import hero_line
from schedules.facts import (
    DeliveryKind,
    DeliverySource,
    LineItem,
    LineKind,
    Order,
    Parcel,
    PaymentState,
)
from schedules.shop import Role, ShopProfile
from schedules.situations import is_short
from schedules.wanted import parcel_groups
from worker.rendering import formats
from worker.rendering.colours import button_ground, darkened_for, readable_on, tint
from worker.rendering.context import (
    CardContext,
    CodeContext,
    LineContext,
    MailContext,
    OrderContext,
    ParcelContext,
    ShopContext,
    TotalContext,
)
from worker.rendering.markup import json_ld
from worker.rendering.port import CodeView, MailInputs, OfferCard, ProductView

MOST_LINES = 6
"""More lines than this: one fewer is shown, and "and n more items"."""
STRICT_PRICES = frozenset({"PL"})
"""Where a code beside a price counts as an announced price reduction (Omnibus directive in Polish practice)."""


@dataclass(frozen=True)
class Builder:
    """Builds the context of one mail. `locale` is one that Babel knows; `labels` the language's words for totals."""

    inputs: MailInputs
    locale: str
    labels: dict[str, str]

    @cached_property
    def order(self) -> Order:
        order = self.inputs.facts.order
        assert order is not None, "the gate lets no mail pass without its order"
        return order

    @cached_property
    def hero(self) -> LineItem | None:
        return hero_line(self.inputs.facts, discreet=self._is_discreet)

    def _is_discreet(self, line: LineItem) -> bool:
        product = self._product(line)
        return product is not None and product.discreet

    def _product(self, line: LineItem) -> ProductView | None:
        return self.inputs.products.get(line.product_id or "")

    @property
    def is_companion(self) -> bool:
        return self.inputs.role is Role.COMPANION and self.inputs.step != "follow_up"

    def build(self) -> MailContext:
        inputs, order, hero = self.inputs, self.order, self.hero
        hero_product = self._product(hero) if hero else None
        shown = self._shown_lines()
        kept = shown if len(shown) <= MOST_LINES else shown[: MOST_LINES - 1]
        language = formats.language_of(self.locale)
        return MailContext(
            lang=self.locale.replace("_", "-"),
            dir="rtl" if language in formats.RIGHT_TO_LEFT else "ltr",
            shop=shop_context(inputs.shop),
            order=self._order(),
            name=formats.first_name(order.customer.first_name),
            hero=self._hero_title(hero, hero_product),
            hero_image=_sized(hero_product.image_url, 1104) if hero_product else "",
            hero_url=hero_product.url if hero_product else "",
            lines=[self._line(line) for line in kept],
            more_lines=len(shown) - len(kept),
            others=sum(line.quantity for line in shown) - (hero.quantity if hero else 0),
            totals=self._totals(),
            parcel=self._parcel(),
            cards=[self._card(card) for card in inputs.offer.cards] if inputs.offer else [],
            code=self._code(inputs.offer.code) if inputs.offer and inputs.offer.code else None,
            tips=list(inputs.guide.tips) if inputs.guide else [],
            guide_headline=inputs.guide.headline if inputs.guide else "",
            guide_url=inputs.guide.url if inputs.guide else "",
            variant=self._variant(),
            companion=self.is_companion,
            pending=order.payment is PaymentState.ACCEPTED,
            updated=inputs.parcel_group.startswith("edit-"),
            short=is_short(order),
            digital=order.delivery is DeliveryKind.DIGITAL,
            pickup=order.delivery is DeliveryKind.PICKUP,
            gift=order.gift is not None,
            estimated=inputs.delivery_source is DeliverySource.ESTIMATED,
            first_time=inputs.is_first_time,
            expected=self._span(inputs.expected),
            pickup_place=self._pickup_place(),
            pickup_hours=order.pickup.hours if order.pickup else "",
            pickup_bring=order.pickup.bring if order.pickup else "",
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
        parcels = self._parcels() if self.inputs.step == "shipping" else []
        if not parcels or any(not parcel.lines for parcel in parcels):
            return shown
        pieces: dict[str, int] = {}
        for parcel in parcels:
            for line in parcel.lines:
                pieces[line.line_id] = pieces.get(line.line_id, 0) + line.quantity
        return [line.model_copy(update={"quantity": pieces[line.id]}) for line in shown if pieces.get(line.id)]

    def _variant(self) -> str:
        order, inputs = self.order, self.inputs
        if inputs.step == "follow_up":
            return "guide" if inputs.guide else "how_is_it"
        if self.is_companion:
            return "companion"
        if inputs.step == "confirmation":
            if inputs.parcel_group.startswith("edit-"):
                return "updated"
            if order.payment is PaymentState.ACCEPTED:
                return "payment_open"
            return "short" if is_short(order) else "confirmed"
        if order.delivery is DeliveryKind.PICKUP:
            return "pickup"
        return "part" if self._parcel().part else "shipped"

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
            status_label="",
            total=formats.money(order.totals.total, self.locale),
            payment_method=order.payment_method,
            pay_by=self._date(order.pay_by) if order.pay_by else "",
            method=order.shipping_method,
            ship_to=formats.one_line(order.shipping_address),
            bill_to=formats.one_line(billing),
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
            image=_sized(formats.web_url(image), 144),
            expected=self._date(line.expected_on) if line.expected_on else "",
        )

    def _totals(self) -> list[TotalContext]:
        if self._hides_prices:
            return []
        totals = self.order.totals
        rows = [("subtotal", totals.subtotal), ("discount", totals.discount), ("shipping", totals.shipping)]
        rows.append(("tax_included" if totals.tax_included else "tax", totals.tax))
        shown = [(name, value) for name, value in rows if value.amount or name in ("subtotal", "shipping")]
        shown.append(("total", totals.total))
        if totals.outstanding.amount:
            shown += [("paid", totals.paid)] if totals.paid.amount else []
            shown.append(("outstanding", totals.outstanding))
        return [
            TotalContext(
                label=self.labels.get(f"label_{name}", name),
                amount=("−" if name == "discount" else "") + formats.money(value, self.locale),
                is_total=name == "total",
            )
            for name, value in shown
        ]

    def _parcel(self) -> ParcelContext:
        parcels = self._parcels()
        first = next((parcel for parcel in parcels if parcel.tracking_number or parcel.tracking_url), None)
        groups = list(parcel_groups(self.inputs.facts, self.inputs.shop))
        to_come = self._to_come(groups)
        day_group = self.inputs.parcel_group.partition("+")[0]
        part = groups.index(day_group) + 1 if day_group in groups else 0
        is_split = part > 0 and (len(groups) > 1 or bool(to_come))
        expected = self.inputs.expected
        return ParcelContext(
            carrier=first.carrier if first else "",
            number=first.tracking_number if first else "",
            url=formats.web_url(first.tracking_url) if first else "",
            expected=self._span(expected),
            late_after=self._date(expected[1] + timedelta(days=3)) if expected else "",
            part=part if is_split else 0,
            parts=max(len(groups), part) + (1 if to_come else 0) if is_split else 0,
            to_come=to_come,
        )

    def _parcels(self) -> list[Parcel]:
        groups = parcel_groups(self.inputs.facts, self.inputs.shop)
        return groups.get(self.inputs.parcel_group.partition("+")[0], [])

    def _to_come(self, groups: list[str]) -> str:
        """Lines that are in no parcel yet, in words; empty when parcels list no lines."""
        every = parcel_groups(self.inputs.facts, self.inputs.shop)
        left: dict[str, int] = {}
        for parcels in every.values():
            for parcel in parcels:
                if not parcel.lines:
                    return ""
                for line in parcel.lines:
                    left[line.line_id] = left.get(line.line_id, 0) + line.quantity
        missing = [
            line.title
            for line in self.order.lines
            if groups and line.kind is LineKind.PHYSICAL and left.get(line.id, 0) < line.quantity
        ]
        return ", ".join(missing)

    def _card(self, card: OfferCard) -> CardContext:
        product = card.product
        address = self.order.shipping_address or self.order.billing_address
        strict = address is not None and address.country in STRICT_PRICES
        has_code = self.inputs.offer is not None and self.inputs.offer.code is not None
        price = formats.money(product.price, self.locale) if product.price and not (strict and has_code) else ""
        return CardContext(
            title=product.short_title or product.title,
            image=_sized(product.image_url, 1104),
            why=card.why,
            price=price,
            url=card.url,
            hide_url=card.hide_url,
            rating=f"★ {product.rating:.1f} ({product.rating_count})"
            if product.rating and product.rating_count
            else "",
        )

    def _code(self, code: CodeView) -> CodeContext:
        until = formats.local_date(code.ends_at, self.inputs.shop.timezone)
        value = f"{formats.number(code.value)} %" if code.kind == "percent" else ""
        if code.kind == "amount":
            value = formats._money(code.value, code.currency, self.locale)
        return CodeContext(
            code=code.code,
            value=value,
            until=formats.day(until, self.locale),
            is_free_shipping=code.kind == "free_shipping",
        )

    def _pickup_place(self) -> str:
        point = self.order.pickup
        if point is None:
            return ""
        return ", ".join(part for part in (point.name, formats.one_line(point.address)) if part)


@lru_cache(maxsize=64)
def _shop(profile_json: str) -> ShopContext:
    profile = ShopProfile.model_validate_json(profile_json)
    colour = button_ground(profile.brand.colour)
    company = profile.legal.company or profile.name
    lines = [line.strip() for line in profile.legal.postal_address.splitlines()]
    return ShopContext(
        name=profile.name,
        url=formats.web_url(profile.url),
        logo_url=formats.web_url(profile.brand.logo_url),
        colour=colour,
        on_colour=readable_on(colour),
        link_colour=darkened_for(colour, tint(colour, 0.07)),
        tint=tint(colour, 0.07),
        tint_border=tint(colour, 0.2),
        company=company,
        address=", ".join(part for part in lines if part and part != company),
        vat_id=profile.legal.vat_id,
        terms_url=formats.web_url(profile.legal.terms_url),
        withdrawal_url=formats.web_url(profile.legal.withdrawal_url),
        privacy_url=formats.web_url(profile.legal.privacy_url),
        returns_url=formats.web_url(profile.legal.returns_url),
        reply_to=profile.transactional.reply_to,
    )


def shop_context(profile: ShopProfile) -> ShopContext:
    """The shop as templates see it; the same for every mail of a shop until its profile changes."""
    return _shop(profile.model_dump_json())


def _sized(url: str, width: int) -> str:
    """Asks Shopify's CDN for the size that is shown, at twice the pixels; other hosts keep their address."""
    if "cdn.shopify.com" not in url:
        return url
    return f"{url}{'&' if '?' in url else '?'}width={width}"
