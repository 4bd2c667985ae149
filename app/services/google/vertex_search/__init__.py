"""Vertex AI Search as the guideline search of a connected workspace."""
