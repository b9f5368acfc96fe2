"""`sanzhao doctor`: everything a night stands on, looked at once, each with what to do."""

from flows.doctor.examination import examine
from flows.doctor.finding import Finding, print_findings, worst

__all__ = ["Finding", "examine", "print_findings", "worst"]
