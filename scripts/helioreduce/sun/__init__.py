"""The synthetic Sun and the camera that takes its pictures."""
