"""The world of one sample: its people, district and roles, with what is looked up often."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from flows.sample.district import SampleDistrict
from flows.sample.ids import Strings
from flows.sample.neighbour import Shared
from flows.sample.options import SampleOptions
from flows.sample.people import Flags, SamplePeople
from flows.sample.roles import Roles


@dataclass(frozen=True)
class World:
    """Everything the files are drawn from."""

    options: SampleOptions
    people: SamplePeople
    district: SampleDistrict
    roles: Roles
    names: Strings
    ids: Strings
    member_no: Strings
    """Roll number, None off the roll."""
    roll_phone: Strings
    """The number the roll knows: today's or a former one."""
    shared: Shared | None = None
    """Who stands in a neighbouring district too."""

    @property
    def base(self) -> date:
        """The first night: nothing in the files of that night is later."""
        return self.options.dates()[0]

    @property
    def registered(self) -> Flags:
        """Who stands on the roll or in another register as a member."""
        registered: Flags = self.roles.on_roll | np.isin(self.roles.story, ["F2", "P1"])
        return registered
