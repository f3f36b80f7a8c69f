"""What messages say: templates in every language, checked, signed off by somebody, and rendered without surprises."""
