"""Evidence tiers, rivals and margins, owners of shared values, judgements, clusters."""
