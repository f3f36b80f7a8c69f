"""What stands in an address for the number of something."""

from __future__ import annotations

from werkzeug.routing import IntegerConverter, ValidationError

from planner.persistence.paging import LARGEST


class NumberConverter(IntegerConverter):
    """A number that a database can hold; an address with any other leads nowhere, as one of nothing does."""

    def to_python(self, value: str) -> int:
        """Read the number. Raises ValidationError, after which the address is none."""
        number: int = super().to_python(value)
        if number >= LARGEST:
            raise ValidationError
        return number
