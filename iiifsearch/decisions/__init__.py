"""What people decide of what the machine suggests: one file a subject, and how decisions are undone
(``batch``)."""
