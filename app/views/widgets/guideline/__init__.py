"""The widgets of the guideline search: its field and filters, its results, one result painted."""
