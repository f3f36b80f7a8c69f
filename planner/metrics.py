"""Counts for Prometheus: requests by route and status, and how long they took. No label holds what was asked for."""

from __future__ import annotations

import hmac
import os
from typing import cast

from flask import Blueprint, Flask, Response, current_app, g, request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from planner import clock
from planner.clock import seconds
from planner.persistence.database import DatabaseUnavailable
from planner.persistence.schema import WrongSchema
from planner.problems import InputProblem, NotSignedIn
from planner.request_log import route
from planner.sending_metrics import sending_text
from planner.services.installation import Installation

metrics = Blueprint("metrics", __name__)
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
#: the route of calendars
FEEDS = "/calendars/<token>.ics"
_TAKES = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class Meters:
    """The counters of one application."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "planner_requests_total", "Requests answered.", ("method", "route", "status"), registry=self.registry
        )
        self.takes = Histogram(
            "planner_request_seconds", "How long answering took.", ("method", "route"), registry=self.registry,
            buckets=_TAKES,
        )  # fmt: skip
        self._feeds: dict[tuple[str, str], Counter] = {}

    def count_feed(self, method: str, status: str) -> None:
        """Count a fetch of a calendar, which no other part of the application sees."""
        counter = self._feeds.get((method, status))
        if counter is None:
            known = method if method in _METHODS else "other"
            counter = self.requests.labels(known, FEEDS, status)
            if known == method:
                self._feeds[method, status] = counter
        counter.inc()

    def text(self) -> bytes:
        """Everything counted, of all processes where PROMETHEUS_MULTIPROC_DIR names the folder they share."""
        if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
            return generate_latest(self.registry)
        everybody = CollectorRegistry()
        MultiProcessCollector(everybody)  # type: ignore[no-untyped-call]
        return generate_latest(everybody)


def install(app: Flask) -> None:
    """Count every request, and answer /metrics."""
    app.extensions["meters"] = Meters()
    app.after_request(_count)
    app.register_blueprint(metrics)


def _count(response: Response) -> Response:
    meters: Meters = current_app.extensions["meters"]
    meters.requests.labels(_method(), route(), str(response.status_code)).inc()
    if "began" in g:
        meters.takes.labels(_method(), route()).observe(seconds() - g.began)
    return response


def _method() -> str:
    """Anybody can send any word as a method: the others are one."""
    return request.method if request.method in _METHODS else "other"


@metrics.get("/metrics")
def show_metrics() -> Response:
    """Everything counted, in Prometheus' text format."""
    wanted = current_app.config["METRICS_TOKEN"]
    if wanted and not hmac.compare_digest(request.headers.get("Authorization", ""), f"Bearer {wanted}"):
        raise NotSignedIn([InputProblem("Authorization", "the token of the metrics is missing", "send it")])
    meters: Meters = current_app.extensions["meters"]
    return Response(meters.text() + _of_messages(), content_type=CONTENT_TYPE_LATEST)


def _of_messages() -> bytes:
    """What the database says of messages; nothing while it cannot be used: requests are counted all the same."""
    planner = cast(Installation, current_app.extensions["installation"])
    try:
        planner.require_schema()
        return planner.store.read(lambda session: sending_text(session, clock.now()))
    except (DatabaseUnavailable, WrongSchema):
        return b""
