"""SDTM datasets of a study's visits and deviations: SV, TV and DV, as CSV and as Dataset-JSON."""
