"""The pages of studies: the protocol, its versions, amendments, cohorts, settings, and the work that takes long."""
