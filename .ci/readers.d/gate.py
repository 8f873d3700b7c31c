"""Holds the first request to a stage until it is opened."""

import threading

LIMIT = 60


class Gate:
    def __init__(self):
        self.stage, self.held, self.open = None, threading.Event(), threading.Event()

    def close(self, stage):
        self.held.clear()
        self.open.clear()
        self.stage = stage

    def pass_through(self, stage):
        if self.stage is not None and stage.endswith(self.stage):
            self.stage = None
            self.held.set()
            self.open.wait(LIMIT)


gate = Gate()
