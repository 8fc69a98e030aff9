"""What bureaus send: a register as a workbook or as CSV, there and back."""

from ouhai_cloud.tenancy.register.comma import from_csv, to_csv
from ouhai_cloud.tenancy.register.workbook import from_xlsx, to_xlsx

__all__ = ["from_csv", "from_xlsx", "to_csv", "to_xlsx"]
