"""Evolution's data server, without Evolution: subscribes to the calendar at the address in its arguments.

For the machine's own Python, which has GObject. Each line that it reads makes it refresh the calendar, and print all
its events as ``{uid: {"start", "status", "summary"}}`` in a line of JSON: the start in seconds since 1970, or a date.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import gi  # type: ignore[import-not-found,unused-ignore]

for _name, _version in (("ECal", "2.0"), ("EDataServer", "1.2"), ("ICalGLib", "3.0")):
    gi.require_version(_name, _version)
from gi.repository import ECal, EDataServer, ICalGLib  # type: ignore[import-not-found,unused-ignore] # noqa: E402

SECONDS = 30
_SOURCE = """
[Data Source]
DisplayName=feed
Enabled=true
Parent=webcal-stub
[Calendar]
BackendName=webcal
[Authentication]
Host={host}
Port={port}
Method=none
[WebDAV Backend]
ResourcePath={path}
[Refresh]
Enabled=false
[Offline]
StaySynchronized=true
"""


def subscribe(url: str) -> Any:
    """The calendar as the data server keeps it."""
    address = urlsplit(url)
    folder = Path(os.environ["XDG_CONFIG_HOME"]) / "evolution" / "sources"
    folder.mkdir(parents=True)
    source = _SOURCE.format(host=address.hostname, port=address.port, path=address.path)
    (folder / "feed.source").write_text(source, "utf-8")
    registry = EDataServer.SourceRegistry.new_sync(None)
    return ECal.Client.connect_sync(registry.ref_source("feed"), ECal.ClientSourceType.EVENTS, SECONDS, None)


def events(client: Any) -> dict[str, Any]:
    """What it has, by UID."""
    _, found = client.get_object_list_sync("#t", None)
    return {event.get_uid(): shown(client, event) for event in found}


def shown(client: Any, event: Any) -> dict[str, Any]:
    """One event: at the instant that the data server takes it for."""
    start = event.get_dtstart()
    status = event.get_first_property(ICalGLib.PropertyKind.STATUS_PROPERTY)
    return {
        "start": day(start) if start.is_date() else start.as_timet_with_zone(zone_of(client, event, start)),
        "status": status.get_value_as_string() if status else "",
        "summary": event.get_summary() or "",
    }


def day(start: Any) -> str:
    """A date as text."""
    return f"{start.get_year():04}-{start.get_month():02}-{start.get_day():02}"


def zone_of(client: Any, event: Any, start: Any) -> Any:
    """The zone of a start: what the data server has for its TZID."""
    if start.is_utc():
        return ICalGLib.Timezone.get_utc_timezone()
    named = event.get_first_property(ICalGLib.PropertyKind.DTSTART_PROPERTY)
    named = named.get_first_parameter(ICalGLib.ParameterKind.TZID_PARAMETER)
    _, zone = client.get_timezone_sync(named.get_tzid(), None)
    return zone


def main() -> None:
    """Until there are no more lines."""
    client = subscribe(sys.argv[1])
    for _ in sys.stdin:
        client.refresh_sync(None)
        # It says that it refreshes, not that it has.
        time.sleep(3)
        sys.stdout.write(json.dumps(events(client)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
