"""Games and markets as objects with methods, for Python callers."""
