"""Serves entities whose state is the sum of their events.

An entity's author writes four things:

- the state, a class, and how a new entity begins (`Entity`);
- what each event does to it (`Entity.event`);
- what each command decides (`Entity.command`): it reads the state, emits events, and
  answers or refuses;
- how the state is saved and restored, so that an entity with a long past wakes up
  quickly (`Entity.snapshot`, `Entity.restore`).

A handler changes the state by events alone: `Context.emit` applies the event at once, so
the handler's next line sees it. When the entity wakes up again, the same events are applied
in the same order and give the same state, so what applies one decides nothing, asks no clock
and calls nobody.

    cart = eventsourced.Entity(service, "shopping-cart", lambda _: Cart())
    cart.event(Cart.added)

    @cart.command("AddItem")
    def add_item(ctx: eventsourced.Context, cart: Cart, request: AddItemRequest) -> AddItemResponse:
        ctx.emit(cart.add(request.product_id, request.quantity))
        return AddItemResponse()

When a command fails, it leaves no trace (ES-FAIL-003, ES-FAIL-004). If it had emitted
nothing, the state is as it was and the entity lives on. If it had, its events are in the
state in memory and nowhere else: the failure then asks the proxy to restart the entity, and
the next command meets the state as it is stored. The other way, a copy of the state before
each command, would cost every command for the sake of the rare one.

Read on in this order: entity.py, context.py, activation.py, service.py.
"""

from sdk.eventsourced.context import Context
from sdk.eventsourced.entity import Entity

__all__ = ["Context", "Entity"]
