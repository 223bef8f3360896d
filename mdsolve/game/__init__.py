"""What an instance means: qualities, valuations, allocations and the tables they imply."""
