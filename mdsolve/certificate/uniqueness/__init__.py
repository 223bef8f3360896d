"""When an equilibrium is proved to be the only one, or one of a continuum."""
