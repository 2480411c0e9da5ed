"""A stand-in for an application: just enough to build and to answer."""
