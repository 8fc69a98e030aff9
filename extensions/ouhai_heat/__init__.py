"""What we add to Heat: its files go to /usr/lib/heat on control hosts, nobody imports them."""
