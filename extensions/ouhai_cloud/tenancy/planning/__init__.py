"""How a plan is made, one module for each question that has to be answered."""
