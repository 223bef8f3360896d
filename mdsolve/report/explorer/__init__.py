"""A sweep as a page to look around in: choices among computed points, a picture, a table."""
