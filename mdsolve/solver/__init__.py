"""The numerical methods: shortest paths, monotone search, linear programs."""
