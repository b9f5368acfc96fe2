"""The matching steps of a run: people, registry, candidates, scores, decisions."""
