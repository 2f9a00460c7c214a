"""The model of a revenue organization: chance, tables, submodels, people and the weekly step."""

from simulation.errors import BadInput
from simulation.model import RevenueOrganization
from simulation.people import Customer, Executive, SalesRep

__all__ = ["BadInput", "Customer", "Executive", "RevenueOrganization", "SalesRep"]
