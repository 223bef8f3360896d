"""Conditions of sharing games in exact fractions and in balls that certainly hold the value."""
