"""A catalogue, a cart and a receipt. Prices are whole cents."""
