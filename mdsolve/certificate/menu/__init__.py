"""What the checker knows of menus for private costs."""
