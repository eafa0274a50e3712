import unittest

from shop.cart import Cart
from shop.catalog import Catalog, Product
from shop.receipt import receipt

CATALOG = Catalog(Product("book", price=2000, weight=400), Product("lamp", price=4550, weight=900))


class TestReceipt(unittest.TestCase):
    def test_it_lists_every_line_and_the_total(self):
        cart = Cart()
        cart.add(CATALOG.find("book"), 2)
        cart.add(CATALOG.find("lamp"))
        self.assertEqual(
            receipt(cart).splitlines(),
            [
                "2 book                     40.00",
                "1 lamp                     45.50",
                "TOTAL                      85.50",
            ],
        )
