"""Exchange of two districts: members of one found among workers of the other by keyed tokens, a file for a file."""
