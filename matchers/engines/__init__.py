"""How tables get in and pairs come out on this machine."""
