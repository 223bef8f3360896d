"""Static pictures of answers, in one house style."""
