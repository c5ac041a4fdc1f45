"""The servers of others, from npm: Mercurius and PostGraphile, as good as they can be set up."""
