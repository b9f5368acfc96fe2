"""One run aside: what would change if another policy, model or drop were used tonight; the home stays as it is."""
