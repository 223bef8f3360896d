"""Work in independent pieces: one engine for all of it, and what is finished kept on disk."""
