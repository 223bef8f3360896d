"""Shapley and Banzhaf shares of all data, over any number system; a file per way to them."""
