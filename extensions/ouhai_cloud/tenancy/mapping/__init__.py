"""From the register to the wanted state, one module for each part of the cloud."""
