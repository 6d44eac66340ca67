"""FORMAT_ and PARSE_ of dates and times, CAST … FORMAT of them, with their format elements."""
