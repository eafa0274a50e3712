import unittest

from shop.cart import Cart
from shop.catalog import Product

PEN = Product("pen", price=150, weight=20)
BOOK = Product("book", price=2000, weight=400)


class TestCart(unittest.TestCase):
    def test_an_empty_cart_costs_nothing(self):
        self.assertEqual(Cart().total(), 0)

    def test_the_same_product_shares_a_line(self):
        cart = Cart()
        cart.add(PEN)
        cart.add(PEN, 2)
        self.assertEqual([line.pieces for line in cart.lines], [3])

    def test_the_subtotal_is_the_sum_of_the_lines(self):
        cart = Cart()
        cart.add(PEN, 2)
        cart.add(BOOK)
        self.assertEqual(cart.subtotal(), 2300)

    def test_the_weight_counts_every_piece(self):
        cart = Cart()
        cart.add(BOOK, 3)
        self.assertEqual(cart.weight(), 1200)

    def test_three_books_are_paid_in_full(self):
        cart = Cart()
        cart.add(BOOK, 3)
        self.assertEqual(cart.total(), 6000)

    def test_no_pieces_are_refused(self):
        with self.assertRaises(ValueError):
            Cart().add(PEN, 0)
