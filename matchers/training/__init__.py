"""m, u and the prior learned from tables: EM, the cross-check, what refuses a model, the report."""
