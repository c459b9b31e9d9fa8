"""The live room: intake, broadcaster, socket and HTTP edges."""
