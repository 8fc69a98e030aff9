"""Bureau tenancy: from the register to domains, projects, limits and networks, by plan and apply."""
