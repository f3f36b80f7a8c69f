// Runs inside Thunderbird: subscribes to the calendar at arguments[0] unless it has already, refreshes it, and gives all its events as
// {uid: {start, status, summary}}: the start in seconds since 1970, or a date.
const [url, done] = arguments;

async function refreshed() {
  const { cal } = ChromeUtils.importESModule("resource:///modules/calendar/calUtils.sys.mjs");
  let calendar = cal.manager.getCalendars().find((known) => known.uri.spec === url);
  if (!calendar) {
    calendar = cal.manager.createCalendar("ics", Services.io.newURI(url));
    cal.manager.registerCalendar(calendar);
  }
  await new Promise((resolve, reject) => {
    const nothing = () => {};
    calendar.addObserver({
      QueryInterface: ChromeUtils.generateQI(["calIObserver"]),
      onLoad() {
        calendar.removeObserver(this);
        resolve();
      },
      onError: (_calendar, _number, message) => reject(new Error(message)),
      onStartBatch: nothing,
      onEndBatch: nothing,
      onAddItem: nothing,
      onModifyItem: nothing,
      onDeleteItem: nothing,
      onPropertyChanged: nothing,
      onPropertyDeleting: nothing,
    });
    calendar.refresh();
  });
  const items = await calendar.getItemsAsArray(Ci.calICalendar.ITEM_FILTER_ALL_ITEMS, 0, null, null);
  return Object.fromEntries(items.map((item) => [item.id, {
    start: item.startDate.isDate ? day(item.startDate) : item.startDate.nativeTime / 1e6,
    status: item.status ?? "",
    summary: item.title,
  }]));
}

const day = (start) => [start.year, start.month + 1, start.day].map((part) => String(part).padStart(2, "0")).join("-");

refreshed().then((events) => done({ events }), (error) => done({ error: String(error) }));
