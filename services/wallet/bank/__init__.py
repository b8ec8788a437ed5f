"""Money by bank transfer: statements of the seller's account are read, and what came in is credited."""

from services.wallet.bank.rules import Movement, Statement, StatementRefused

__all__ = ["Movement", "Statement", "StatementRefused"]
