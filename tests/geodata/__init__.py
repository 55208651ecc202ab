"""Tests of the map data."""
