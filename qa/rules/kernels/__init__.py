"""Loops over characters and sounds as machine code (see :mod:`qa.compiled`). Import what is here where it is first needed."""
