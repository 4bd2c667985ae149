"""The criteria engine: policies judged on this computer by what stands in the documents, with every source quoted."""
