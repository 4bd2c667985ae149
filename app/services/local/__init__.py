"""The embedded backends: what stands behind the ports when there is only this computer."""
