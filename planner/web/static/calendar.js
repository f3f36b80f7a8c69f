"use strict";
// A week by the hour, drawn by EventCalendar below the table that says the same; only where there is room for it.
(() => {
  const place = document.getElementById("by-hour");
  if (!place || !window.EventCalendar || window.matchMedia("(max-width: 56rem)").matches) return;

  const link = (event) => {
    const made = document.createElement("a");
    made.href = event.extendedProps.address;
    made.tabIndex = -1; // the table above has the same link
    made.textContent = event.title;
    return { domNodes: [made] };
  };

  place.hidden = false;
  window.EventCalendar.create(place, {
    view: "timeGridWeek",
    date: place.dataset.day,
    firstDay: 1,
    locale: "en-GB",
    headerToolbar: { start: "", center: "", end: "" },
    allDaySlot: false,
    slotMinTime: place.dataset.from,
    slotMaxTime: place.dataset.to,
    slotEventOverlap: false,
    nowIndicator: false,
    dayHeaderFormat: { weekday: "short", day: "numeric", month: "short" },
    events: JSON.parse(place.dataset.events),
    eventContent: (info) => link(info.event),
  });
})();
