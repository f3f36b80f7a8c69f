"""Ways to reach somebody. Each is a ``notifications.message.Channel``; what it needs is imported when it is used."""
