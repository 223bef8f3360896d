"""What each training protocol says, in the checker's own words: who may move when, and payments."""
