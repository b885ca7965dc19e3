"""Where facts come from. Each reads a part of the world and answers with values, never with exceptions."""
