from stateward.samples.cart.v1.cart_pb2 import LineItem

from sdk.payload import pack, unpack


def test_round_trip() -> None:
    item = LineItem(product_id="tea", quantity=2)
    assert unpack(pack(item), LineItem) == item
