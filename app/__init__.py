"""Countersign: software proposes, a person countersigns."""

__version__ = "0.1.0"
