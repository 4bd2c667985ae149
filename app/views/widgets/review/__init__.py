"""The widgets of a review: the request, its documents, the prompt, the recommendation, the determination."""
