"""Shaped models and contracts: as much data as agents give who could also stay on their own."""
