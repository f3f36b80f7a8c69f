"""Answers calendar apps, in front of everything else: most of what they ask is whether something has changed."""
