"""The widgets of teaching a form: the page with its zones, the list of fields, what is set for each, the versions."""
