"""The numerical methods, a folder per kind of problem."""
