"""Games whose accuracy depends on a model that is learned in the same rounds."""
