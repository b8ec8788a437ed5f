"""`python -m deploy.local`: what ./immo runs once its environment is there."""

from deploy.local.cli import main

if __name__ == "__main__":
    main()
