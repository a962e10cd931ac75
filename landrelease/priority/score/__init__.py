"""The order: what the values of an area's criteria come to, by each method, and which areas nothing tells apart."""
