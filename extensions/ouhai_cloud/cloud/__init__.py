"""The cloud as tenancy sees it; the only place that knows openstacksdk."""
