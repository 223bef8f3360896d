"""What each training protocol says, in the checker's own words: settings, moves, payments."""
