"""The infusion centre's pages: its day by chair and hour, what happens at a chair, closed days, load, calendar."""
