"""The domain: what a cart holds, and what it refuses. It knows nothing of proxies and streams."""

from dataclasses import dataclass

from stateward.samples.cart.v1.cart_pb2 import LineItem
from stateward.samples.cart.v1.events_pb2 import CartSnapshot, ItemAdded, ItemRemoved

_MOST = 2**31 - 1


class CartError(Exception):
    """Something that a cart refuses."""


class InvalidItemError(CartError):
    """A product without an id, or a quantity below 1."""


class TooManyError(CartError):
    """More of one product than a cart can hold."""


class MissingItemError(CartError):
    """A product that is not in the cart."""


@dataclass
class Line:
    """One product in a cart."""

    name: str
    quantity: int  # at least 1


class Cart:
    """What one user has put together.

    Methods that decide read it and return an event; methods that apply one change it and
    decide nothing.
    """

    def __init__(self) -> None:
        self._lines: dict[str, Line] = {}  # by product id

    def add(self, product_id: str, name: str, quantity: int) -> ItemAdded:
        """Decide whether so many of the product can be put into the cart."""
        if not product_id:
            raise InvalidItemError("a product needs an id")
        if quantity < 1:
            raise InvalidItemError("the quantity must be at least 1")
        if self._quantity(product_id) + quantity > _MOST:
            raise TooManyError("the cart cannot hold so many of one product")
        return ItemAdded(item=LineItem(product_id=product_id, name=name, quantity=quantity))

    def remove(self, product_id: str) -> ItemRemoved:
        """Decide whether the product can be taken out of the cart."""
        if product_id not in self._lines:
            raise MissingItemError("the product is not in the cart")
        return ItemRemoved(product_id=product_id)

    def added(self, event: ItemAdded) -> None:
        """Apply that items were put into the cart. A product goes by the name that it was last given."""
        item = event.item
        quantity = self._quantity(item.product_id) + item.quantity
        self._lines[item.product_id] = Line(item.name, quantity)

    def removed(self, event: ItemRemoved) -> None:
        """Apply that a product was taken out of the cart."""
        self._lines.pop(event.product_id, None)

    def items(self) -> list[LineItem]:
        """Return the lines, ordered by product."""
        return [
            LineItem(product_id=product_id, name=line.name, quantity=line.quantity)
            for product_id, line in sorted(self._lines.items())
        ]

    def save(self) -> CartSnapshot:
        """Return the whole cart."""
        return CartSnapshot(items=self.items())

    def restore(self, saved: CartSnapshot) -> None:
        """Bring a new cart to what was saved."""
        for item in saved.items:
            self._lines[item.product_id] = Line(item.name, item.quantity)

    def _quantity(self, product_id: str) -> int:
        line = self._lines.get(product_id)
        return line.quantity if line is not None else 0
