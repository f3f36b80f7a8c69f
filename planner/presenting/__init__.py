"""What is presented: a plan, a protocol and their words, for terminals, programs and pages alike."""
