"""The company register: who answers what a number stands for, and the copy of its public files."""
