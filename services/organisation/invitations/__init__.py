"""Inviting somebody by mail who may have no account yet."""
