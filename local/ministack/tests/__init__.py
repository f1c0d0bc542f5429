"""Tests of the start script's parts, against the pinned MiniStack, in process."""
