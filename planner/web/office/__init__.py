"""The pages of administrators: people, sites, studies, calendars, texts, how sending fares, and whether all is well."""
