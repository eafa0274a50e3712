"""The ways of speaking with a model, one module each: requests in, replies out, no IO."""
