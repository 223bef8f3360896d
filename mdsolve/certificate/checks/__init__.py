"""One file per condition, written once for all number systems, registered by name."""
