"""The bench on which models of `ml.crossmodal` are trained, one folder a run."""
