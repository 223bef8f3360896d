"""The checker's own reading of instances: every family once more, over any number system."""
