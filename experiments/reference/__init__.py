"""The same model in plain Mesa agents, which has to agree and is what speed is measured against."""
