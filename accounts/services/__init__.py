"""Everything that writes divisions, roles and their rights."""
