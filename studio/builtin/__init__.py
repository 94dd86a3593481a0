"""The plugins that ship with the studio. Imports studio.api alone; torch inside functions only."""
