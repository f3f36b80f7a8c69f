// Reads calendars with a package of npm: node read_in_node.mjs ical.js|node-ical FOLDER <calendars.json
// FOLDER holds node_modules. Reads a JSON list of texts and prints a list of
// {"events": {uid: {"start", "status", "summary"}}, "complaints": [...]}: the start in seconds since 1970, or a date.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { text } from "node:stream/consumers";

const [client, folder] = process.argv.slice(2);
const packages = createRequire(pathToFileURL(`${folder}/`));

// Thunderbird's library. A zone comes from the calendar's own VTIMEZONE alone: it knows no other but UTC.
const withIcalJs = ({ default: ICAL }) => (calendar) => {
  const events = {};
  const complaints = [];
  for (const component of new ICAL.Component(ICAL.parse(calendar)).getAllSubcomponents("vevent")) {
    const event = new ICAL.Event(component);
    const start = event.startDate;
    if (!start.isDate && start.zone === ICAL.Timezone.localTimezone) complaints.push(`${event.uid} floats`);
    if (event.uid in events) complaints.push(`two events ${event.uid}`);
    events[event.uid] = {
      start: start.isDate ? start.toString() : start.toUnixTime(),
      status: component.getFirstPropertyValue("status") ?? "",
      summary: event.summary ?? "",
    };
  }
  return { events, complaints };
};

const withNodeIcal = ({ default: ical }) => (calendar) => {
  const events = {};
  for (const event of Object.values(ical.sync.parseICS(calendar))) {
    if (event.type !== "VEVENT") continue;
    const start = event.start;
    const day = [start.getFullYear(), start.getMonth() + 1, start.getDate()];
    events[event.uid] = {
      start: event.datetype === "date"
        ? day.map((part) => String(part).padStart(2, "0")).join("-")
        : start.getTime() / 1000,
      status: event.status ?? "",
      summary: event.summary?.val ?? event.summary ?? "",
    };
  }
  return { events, complaints: [] };
};

const readers = { "ical.js": withIcalJs, "node-ical": withNodeIcal };
const read = readers[client](await import(pathToFileURL(packages.resolve(client)).href));
const calendars = JSON.parse(await text(process.stdin));
process.stdout.write(JSON.stringify(calendars.map(read)));
