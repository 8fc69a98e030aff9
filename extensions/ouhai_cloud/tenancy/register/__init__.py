"""The bureau register: who is there, what they run, what they are granted."""
