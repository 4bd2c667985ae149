"""Google Cloud behind the ports. Vendor errors are translated here, at the edge."""
