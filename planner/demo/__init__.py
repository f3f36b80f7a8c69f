"""A made-up installation to look at: sites, studies, people and thirty participants whose lives follow the calendar."""
