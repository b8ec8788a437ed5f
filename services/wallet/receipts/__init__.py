"""A receipt of each completed transaction, made when somebody asks for it."""
