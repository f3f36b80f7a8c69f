"""What a WSGI server starts: ``gunicorn wsgi:app``."""

from planner.app import create_app
from planner.config import read_settings
from planner.request_log import set_up_logging

settings = read_settings()
set_up_logging(settings.log_level, settings.log_format)
app = create_app(settings=settings)
