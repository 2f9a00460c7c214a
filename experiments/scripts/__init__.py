"""Scripts that researchers rerun: calibration, balance of gains, generator, scale, tables of the description."""
