"""The way from a command to a language model and back: settings, requests, and a record of what left the machine."""
