"""The server of the review workbench: log-in, rights, the published version, judgements, originals."""
