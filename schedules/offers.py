"""Which products mails may show, and which come first: the part of a sequence that marketers edit."""

from pydantic import Field

from schedules.values import Value


class Named(Value):
    """Products by what they are: by product id, category, brand or tag (upper and lower case are the same)."""

    products: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    brands: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        return not (self.products or self.categories or self.brands or self.tags)

    def covers(self, *, product_id: str, category: str, brand: str, tags: tuple[str, ...]) -> bool:
        """Whether a product is among them."""
        return not self.is_empty and (
            product_id in self.products
            or _meets(self.categories, (category,))
            or _meets(self.brands, (brand,))
            or _meets(self.tags, tags)
        )


class OfferPolicy(Value):
    """The merchant's will for every mail. `least_stock` in pieces, where stock is counted."""

    least_stock: int = Field(default=3, ge=1)
    never: Named = Named()
    first: Named = Named()
    cards_for_high_value: int = Field(default=3, ge=0, le=3)


def _meets(names: tuple[str, ...], others: tuple[str, ...]) -> bool:
    if not names:
        return False
    wanted = {name.casefold() for name in names if name}
    return not wanted.isdisjoint(other.casefold() for other in others)
