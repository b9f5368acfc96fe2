"""The review workbench: what reviewers, readers, administrators and auditors see; the server is in `flows.review`."""
