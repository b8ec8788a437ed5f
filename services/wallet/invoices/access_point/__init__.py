"""How invoices get into the Peppol network: through an access point, which is a company or a program of its own."""
