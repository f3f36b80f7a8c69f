"""Reports as pages: what is asked for, every figure beside its definition, and the charts with their tables."""
