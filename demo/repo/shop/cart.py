"""What a customer is about to buy, and what it costs."""

from dataclasses import dataclass

from shop.catalog import Product
from shop.money import show


@dataclass
class Line:
    """Some pieces of one product."""

    product: Product
    pieces: int

    def price(self) -> int:
        """What these pieces cost, in cents."""
        return self.product.price * self.pieces

    def __str__(self) -> str:
        return f"{self.pieces} x {self.product.name}: {show(self.price())}"


class Cart:
    """The lines of one purchase."""

    def __init__(self) -> None:
        self.lines: list[Line] = []

    def add(self, product: Product, pieces: int = 1) -> None:
        """Put pieces of a product into the cart; raises ValueError."""
        if pieces < 1:
            raise ValueError(f"{pieces} pieces of {product.name} cannot be bought")
        for line in self.lines:
            if line.product == product:
                line.pieces += pieces
                return
        self.lines.append(Line(product, pieces))

    def subtotal(self) -> int:
        """What the goods cost, in cents."""
        return sum(line.price() for line in self.lines)

    def weight(self) -> int:
        """What the goods weigh, in grams."""
        return sum(line.product.weight * line.pieces for line in self.lines)

    def total(self) -> int:
        """What the customer pays, in cents."""
        return self.subtotal()
