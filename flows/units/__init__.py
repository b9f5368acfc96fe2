"""The register of units: every spelling of a firm, a branch or a station, and the one unit it names."""
