"""CadastreFinder: a third party's program, as a model of how a tool uses the platform."""
