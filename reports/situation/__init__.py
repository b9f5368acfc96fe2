"""情况报告: one page for those who lead, and the counts that may leave the office."""
