"""A participant's own page: on their telephone, in their language, behind a link that only they have."""
