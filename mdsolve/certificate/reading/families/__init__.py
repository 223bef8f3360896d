"""One file per accuracy family: its formula as the checker reads it."""
