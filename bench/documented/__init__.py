"""Strawberry as its documentation shows it: types with resolvers, DataLoaders, the async ORM."""
