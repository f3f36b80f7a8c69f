"""What a WSGI server starts: ``gunicorn wsgi:app``."""

from planner.app import create_app

app = create_app()
