"""Local features: points of a picture that are found again in another picture of the same thing,
and the geometry that tells whether they are. By OpenCV; nothing is learned, nothing is downloaded.
"""
