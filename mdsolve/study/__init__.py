"""Whole tasks put together: solve and certify, verify, compare with known answers, sweep."""
