"""The paper that the customer takes home."""

from shop.cart import Cart
from shop.money import show

WIDTH = 32


def receipt(cart: Cart) -> str:
    """The cart as text, one line for each product and the total below."""
    rows = [(f"{line.pieces} {line.product.name}", show(line.price())) for line in cart.lines]
    rows.append(("TOTAL", show(cart.total())))
    return "\n".join(f"{left:<{WIDTH - len(right)}}{right}" for left, right in rows)
