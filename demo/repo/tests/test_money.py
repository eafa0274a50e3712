import unittest

from shop.money import parse, show


class TestMoney(unittest.TestCase):
    def test_cents_are_always_two_digits(self):
        self.assertEqual(show(1205), "12.05")

    def test_what_is_shown_can_be_parsed(self):
        for cents in (0, 5, 99, 100, 123456):
            self.assertEqual(parse(show(cents)), cents)

    def test_parts_of_a_cent_are_refused(self):
        with self.assertRaises(ValueError):
            parse("1.999")
