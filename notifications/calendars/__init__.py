"""Appointments as calendars: iCalendar text for files, feeds and invitations."""
