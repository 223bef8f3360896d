"""What each mechanism says, in the checker's own words: one file per rule."""
