"""核查任务表: the sheets a street checks, and the receipt of what came back."""
