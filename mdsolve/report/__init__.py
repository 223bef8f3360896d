"""Answers for reading: tables for the terminal and pictures."""
