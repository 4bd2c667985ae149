"""The queue that many desks share, in Firestore. Nothing of Google's is loaded before the first call."""
