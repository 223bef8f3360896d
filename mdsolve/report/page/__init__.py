"""A report as one page: what it is read from, its sentences, tables and pictures."""
