"""What everybody may see: home, catalogue, lot, replay, verification. Published things only."""
