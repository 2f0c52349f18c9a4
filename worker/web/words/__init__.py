"""The words of the pages that customers see: a module for each language."""
