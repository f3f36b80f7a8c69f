"""Telling people: calendars now, messages later; knows appointments, never participants."""
