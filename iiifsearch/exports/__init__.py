"""What leaves the library as a file: one file a subject, written row by row, so that memory does
not grow with it. ``subjects`` names them all; ``vectors`` are a matter of their own."""
