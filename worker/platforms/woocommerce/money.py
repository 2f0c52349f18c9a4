"""Payment, totals and lines of an order."""

from decimal import Decimal

from schedules import extras
from schedules.facts import LineItem, LineKind, PaymentState, Totals
from schedules.ways_of_paying import ON_DELIVERY, is_paid_later
from worker.platforms.bodies import Body, amount, identifier, mapping, needed_id, text, web_url
from worker.platforms.woocommerce import tables
from worker.platforms.woocommerce.naming import names_of, properties_of_line
from worker.platforms.woocommerce.values import listed, money, plain, rounded, status_of, taxed

S = PaymentState


def payment_of(body: Body) -> PaymentState:
    """Where the money is. `order.created` comes before payment, and core has no word for "accepted, paid later"."""
    status = status_of(body)
    refunded, total = refunds_sum(body), amount(body.get("total"))
    state = _by_status(status, body)
    if state is S.PAID and refunded:
        return S.REFUNDED if refunded >= total else S.PARTIALLY_REFUNDED
    return state


def _by_status(status: str, body: Body) -> PaymentState:
    way = _way_of_paying(body)
    is_paid = bool(body.get("date_paid_gmt") or body.get("date_paid"))
    if status == "processing" and not is_paid and ON_DELIVERY.search(way):
        return S.ACCEPTED
    if status in tables.PAYMENT:
        return tables.PAYMENT[status]
    if is_paid:
        return S.PAID
    if status in tables.GONE:
        return S.VOIDED
    if is_paid_later(way):
        return S.ACCEPTED
    # On hold with a card: the gateway reserved the money, or looks at the order; it then names its transaction.
    return S.AUTHORIZED if text(body.get("transaction_id")) else S.OPEN


def _way_of_paying(body: Body) -> str:
    """Its id, core's being bacs, cheque and cod; of one that a shop made itself the title alone tells.

    A title tells nothing of an order with a transaction: "SEPA bank debit" is under way, and no transfer to make.
    """
    code = text(body.get("payment_method"))
    return code if text(body.get("transaction_id")) else f"{code} {plain(body.get('payment_method_title'))}"


def refunds_sum(body: Body) -> Decimal:
    """What was paid back so far; WooCommerce tells it as negative totals."""
    return sum((abs(amount(each.get("total"))) for each in listed(body.get("refunds"))), Decimal(0))


def read_lines(body: Body, currency: str, *, with_tax: bool) -> tuple[LineItem, ...]:
    """Products, then fees that cost something; a fee below zero is a discount. `with_tax`: so prices are shown."""
    products = [_product_line(line, currency, with_tax=with_tax) for line in listed(body.get("line_items"))]
    fees = [
        _fee_line(fee, currency, with_tax=with_tax)
        for fee in listed(body.get("fee_lines"))
        if amount(fee.get("total")) > 0
    ]
    return (*products, *fees)


def read_totals(body: Body, currency: str, payment: PaymentState, *, with_tax: bool) -> Totals:
    """All rows add up to the total. What was paid back later is no part of them."""
    fees = [taxed(fee, "total", "total_tax", currency, with_tax=with_tax) for fee in listed(body.get("fee_lines"))]
    lines = listed(body.get("line_items"))
    subtotal = sum((taxed(line, "subtotal", "subtotal_tax", currency, with_tax=with_tax) for line in lines), Decimal(0))
    discount = taxed(body, "discount_total", "discount_tax", currency, with_tax=with_tax)
    total = rounded(amount(body.get("total")), currency)
    is_open = payment in (S.OPEN, S.FAILED, S.VOIDED, S.ACCEPTED)
    outstanding = total if is_open else Decimal(0)
    return Totals(
        subtotal=money(subtotal + sum((fee for fee in fees if fee > 0), Decimal(0)), currency),
        discount=money(discount - sum((fee for fee in fees if fee < 0), Decimal(0)), currency),
        shipping=money(taxed(body, "shipping_total", "shipping_tax", currency, with_tax=with_tax), currency),
        tax=money(amount(body.get("total_tax")), currency),
        total=money(total, currency),
        paid=money(total - outstanding, currency),
        outstanding=money(outstanding, currency),
        tax_included=with_tax,
    )


def _product_line(line: Body, currency: str, *, with_tax: bool) -> LineItem:
    number = amount(line.get("quantity"))
    # 0.5 kg is one piece at the price of half a kilogram: pieces are whole, and sums stay true.
    pieces = int(number) if number > 0 and number == number.to_integral_value() else int(number > 0)
    before = taxed(line, "subtotal", "subtotal_tax", currency, with_tax=with_tax)
    title, variant = names_of(line)
    return LineItem(
        id=needed_id(line, "id"),
        product_id=_reference(line.get("product_id")),
        variant_id=_reference(line.get("variation_id")),
        sku=text(line.get("sku")),
        title=title,
        variant_title=variant,
        quantity=pieces,
        ordered_quantity=pieces,
        unit_price=money(before / pieces if pieces else before, currency),
        total=money(taxed(line, "total", "total_tax", currency, with_tax=with_tax), currency),
        kind=_product_kind(title),
        image_url=web_url(mapping(line.get("image")).get("src")) or None,
        properties=properties_of_line(line),
        part_of=_reference(line.get("bundled_by")),  # by WooCommerce Product Bundles, which tells each part as a line
    )


def _fee_line(fee: Body, currency: str, *, with_tax: bool) -> LineItem:
    price = money(taxed(fee, "total", "total_tax", currency, with_tax=with_tax), currency)
    title = plain(fee.get("name")) or "Fee"
    return LineItem(
        id=needed_id(fee, "id"),
        title=title,
        quantity=1,
        ordered_quantity=1,
        unit_price=price,
        total=price,
        kind=_kind(title, LineKind.SERVICE),
    )


def _product_kind(title: str) -> LineKind:
    """Names borrow words: felt-tip pens are no tip, and a kettle with 5 years of warranty is a kettle."""
    kind = _kind(title, LineKind.PHYSICAL)
    if kind is LineKind.TIP and not extras.TIP_ALONE.fullmatch(title.lower()):
        return LineKind.PHYSICAL
    if kind is LineKind.PROTECTION and extras.WITH_PROTECTION.search(title.lower()):
        return LineKind.PHYSICAL
    return kind


def _kind(title: str, default: LineKind) -> LineKind:
    return next((kind for pattern, kind in tables.LINE_KIND if pattern.search(title.lower())), default)


def _reference(value: object) -> str | None:
    """An id; WooCommerce writes 0 where there is none."""
    found = identifier(value)
    return None if found == "0" else found
