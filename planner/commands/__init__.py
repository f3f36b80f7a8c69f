"""What the commands of the command line do; ``planner/cli.py`` says how they are written."""
