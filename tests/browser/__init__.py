"""The portal in a real Chromium: whole journeys, accessibility, the keyboard."""
