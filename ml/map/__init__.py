"""A map of pictures: what is alike lies together. Vectors in, cells and areas out."""
