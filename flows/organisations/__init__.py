"""Party organisations under every form of their names: one comparer, and the register it looks names up in."""

from flows.organisations.names import OrganisationName, code_forms, read_name
from flows.organisations.register import OrganisationRegister, RegisterRow

__all__ = ["OrganisationName", "OrganisationRegister", "RegisterRow", "code_forms", "read_name"]
