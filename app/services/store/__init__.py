"""The local store: cases, changes and their keys, encrypted, durable before anything is called saved."""
