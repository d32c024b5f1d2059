"""The domain: what a cart holds, and what it refuses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stateward.samples.cart.v1.cart_pb2 import LineItem

from cart.cart import Cart, CartError, InvalidItemError, MissingItemError, TooManyError

MOST = 2**31 - 1


def filled(*items: tuple[str, str, int]) -> Cart:
    cart = Cart()
    for product_id, name, quantity in items:
        cart.added(cart.add(product_id, name, quantity))
    return cart


def test_items_add_up() -> None:
    cart = filled(("tea", "Tea", 1), ("milk", "Milk", 2), ("tea", "Green tea", 3))
    assert cart.items() == [
        LineItem(product_id="milk", name="Milk", quantity=2),
        LineItem(product_id="tea", name="Green tea", quantity=4),
    ]


def test_items_are_ordered_by_code_point() -> None:
    # In UTF-16 the second, which is a surrogate pair, comes first.
    tilde, apple = ("\uff5e", "Fullwidth tilde", 1), ("\U0001f34e", "Red apple", 1)
    assert [item.product_id for item in filled(apple, tilde).items()] == [tilde[0], apple[0]]


def test_remove() -> None:
    cart = filled(("tea", "Tea", 1), ("milk", "Milk", 2))
    cart.removed(cart.remove("tea"))
    assert [item.product_id for item in cart.items()] == ["milk"]
    with pytest.raises(MissingItemError):
        cart.remove("tea")


def test_deciding_changes_nothing() -> None:
    cart = filled(("tea", "Tea", 1))
    before = cart.items()
    cart.add("tea", "Tea", 5)
    cart.remove("tea")
    assert cart.items() == before


@pytest.mark.parametrize(
    ("product_id", "quantity", "refusal"),
    [
        ("", 1, InvalidItemError),
        ("tea", 0, InvalidItemError),
        ("tea", -1, InvalidItemError),
        ("tea", MOST, TooManyError),
    ],
)
def test_refusals(product_id: str, quantity: int, refusal: type[CartError]) -> None:
    with pytest.raises(refusal):
        filled(("tea", "Tea", 1)).add(product_id, "x", quantity)


def test_as_many_as_fit() -> None:
    assert filled(("tea", "Tea", MOST - 1), ("tea", "Tea", 1)).items()[0].quantity == MOST


@given(st.lists(st.tuples(st.sampled_from("abc"), st.text("xy"), st.integers(1, 9))))
def test_a_snapshot_is_the_whole_cart(items: list[tuple[str, str, int]]) -> None:
    cart, restored = filled(*items), Cart()
    restored.restore(cart.save())
    assert restored.items() == cart.items()
