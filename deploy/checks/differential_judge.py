"""One input after the other: what we let through, held against what the others read."""

import collections

from .differential_exchange import exchange
from .differential_explained import explanation
from .differential_message import read_strictly
from .differential_readings import compare, strict_complaint


class Judge:
    """Sends inputs through one set of lanes and holds the readings against each other."""

    def __init__(self, lanes):
        self.lanes = lanes
        self.counts = collections.Counter()
        self.findings = []

    def judge(self, number, name, data):
        """One input; returns what was read of it, for whoever wants to show it."""
        ours, = exchange(self.lanes[:1], data)
        self.counts["inputs"] += 1
        self.count_verdict(ours)
        complaints = [f"written upstream: {complaint}" for complaint in self.complaints(ours)]
        readings = ours.readings()
        others = []
        if any(readings):
            others = self.read_by_others(data, readings)
            for peer, _, theirs, refusal in others:
                compared = sum(one is not None and other is not None for one, other in zip(readings, theirs))
                self.counts[f"{peer}, compared"] += compared
                self.counts[f"{peer}, not read by it"] += sum(map(bool, readings)) - compared
                complaints += self.unexplained(data, compare(peer, data, readings, theirs, refusal))
        self.findings += [(number, name, complaint, data) for complaint in complaints]
        return ours, others

    def count_verdict(self, ours):
        """What became of the first request of an input."""
        status, tag = next(iter(ours.answers), (None, None))
        if tag is not None:
            self.counts["passed on"] += 1
        else:
            # Policy, not grammar: the request was understood.
            self.counts["answered by us" if status in (401, 403, 404, 405) else "refused"] += 1

    def complaints(self, ours):
        """What is wrong with what reached the upstream."""
        told = {tag for _, tag in ours.answers}
        for recording in ours.recordings:
            self.counts["written, whole" if recording.request else "written, broken off"] += 1
            if complaint := strict_complaint(recording, *read_strictly(recording.data, ended=False)):
                yield complaint
            if recording.request and recording.number not in told:
                yield "a request whose answer did not come back"

    def read_by_others(self, data, readings):
        """Name, passage (none of h11's), readings and first refusal of each."""
        strict = []
        wanted = max(number for number, reading in enumerate(readings, 1) if reading)
        passages = exchange(self.lanes[1:], data, wanted, meanwhile=lambda: strict.extend(read_strictly(data)))
        requests, refusal, _ = strict
        others = [("h11", None, requests, (len(requests), refusal) if refusal else None)]
        for passage in passages:
            refused = [(place, answer[0]) for place, answer in enumerate(passage.answers) if answer == (400, None)]
            others.append((passage.lane.name, passage, passage.readings(), refused[0] if refused else None))
        return others

    def unexplained(self, data, found):
        if found is None:
            return []
        if known := explanation(found, data):
            self.counts[f"{found.peer}, explained"] += 1
            self.counts[f"explained: {known.kind}"] += 1
            return []
        self.counts[f"{found.peer}, unexplained"] += 1
        return [found.text]

    def disagreements(self, ours_data, theirs_data):
        """Who disagrees when we and the others are sent different bytes."""
        readings = exchange(self.lanes[:1], ours_data)[0].readings()
        found = {peer: compare(peer, theirs_data, readings, theirs, refusal)
                 for peer, _, theirs, refusal in self.read_by_others(theirs_data, readings)}
        return {peer: disagreement for peer, disagreement in found.items() if disagreement}
