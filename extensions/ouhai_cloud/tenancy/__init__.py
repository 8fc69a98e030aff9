"""Bureau tenancy: from the register to the cloud, by plan and apply, watched for drift."""
