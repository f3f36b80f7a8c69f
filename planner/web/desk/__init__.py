"""The coordinator's desk: the pages for whoever is signed in, one file for each."""
