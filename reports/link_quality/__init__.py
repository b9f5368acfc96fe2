"""链接质量: how the matching of one run went, for the analyst."""
