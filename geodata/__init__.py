"""Public map data of Sweden: localities, areas, distances and an approximate travel network."""
