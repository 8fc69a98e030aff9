"""What bureaus could see of one another, listed in bulk for the isolation audit."""

from ouhai_cloud.cloud.exposure.listing import Field, expose
from ouhai_cloud.cloud.exposure.model import Exposure

__all__ = ["Exposure", "Field", "expose"]
