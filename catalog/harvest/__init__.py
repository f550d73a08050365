"""From a URL to rows: the one service behind the command, the admin's button and the API."""
