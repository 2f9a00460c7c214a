"""How fast the model is: against plain objects, against arrays, and against what the machine could do at best."""
