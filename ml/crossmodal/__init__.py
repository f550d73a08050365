"""From a comment to the painting: data, models and figures of the SemArt task.

Garcia and Vogiatzis: How to Read Paintings: Semantic Art Understanding with Multi-Modal Retrieval
(2018).
"""
