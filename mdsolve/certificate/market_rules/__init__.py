"""Mechanisms of markets in the checker's own words, one file each."""
