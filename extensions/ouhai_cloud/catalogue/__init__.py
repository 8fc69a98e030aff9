"""The catalogue of applications: entries, their rules, and bureaus' own copies of them."""
