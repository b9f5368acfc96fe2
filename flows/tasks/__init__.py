"""Street checks on paper: 核查任务表 out, answers back."""
