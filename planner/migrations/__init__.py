"""How databases of one version of the planner become those of another, both ways."""
