"""What the shop sells."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Product:
    """One article: its price in cents, its weight in grams."""

    name: str
    price: int
    weight: int = 0


class Catalog:
    """Products by name."""

    def __init__(self, *products: Product) -> None:
        self._products = {product.name: product for product in products}

    def find(self, name: str) -> Product:
        """The product of that name; raises KeyError."""
        return self._products[name]

    def __len__(self) -> int:
        return len(self._products)
