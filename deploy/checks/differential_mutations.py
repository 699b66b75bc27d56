"""Mutations of the corpus: near the border between what is valid and what is not, so that a good part is accepted.

Input number N of a seed is the same on every machine and in every order.
"""

import base64
import json
import random
import re

from .differential_words import (
    CHUNKED_BODIES, CODINGS, FIELDS, HOSTS, LENGTHS, METHODS, OCTETS, SIZES, TARGETS, VALUE_PARTS, VERSIONS)
from .stage import REPOSITORY

CORPUS = REPOSITORY / "Tests/Vectors/http1/http1-requests.json"
# Behind an input, it shows where a reader thinks that the input ends.
CANARY_TARGET = b"/public/canary"
CANARY = b"GET " + CANARY_TARGET + b" HTTP/1.1\r\nHost: api.test\r\n\r\n"
# Rows about limits are few and long: their mutations would take the time of all others.
BASE_BYTES_MAX = 4_096

_CHUNK_LINE = re.compile(rb"(?<=\r\n)[0-9a-fA-F]+(;[^\r\n]*)?(?=\r\n)")
_LENGTH = re.compile(rb"(?i)(?<=\ncontent-length:)([ \t]*)(\d{1,6})")


class Inputs:
    """The rows as they are, the rows with a canary behind them, and then mutations without end."""

    def __init__(self, seed):
        self.seed = seed
        cases = json.loads(CORPUS.read_text())["cases"]
        self.rows = [(case["id"], base64.b64decode(case["raw_b64"])) for case in cases]
        verdicts = [case["expect"]["verdict"] for case in cases]
        short = [(verdict, raw) for verdict, (_, raw) in zip(verdicts, self.rows) if len(raw) <= BASE_BYTES_MAX]
        # Whatever is one step from a valid request is nearer to the border than what is one step from a refused one.
        self.valid = [raw for verdict, raw in short if verdict == "accept"]
        self.others = [raw for verdict, raw in short if verdict != "accept"]
        self.row_count = 2 * len(self.rows)

    def __getitem__(self, number):
        """The name of the input and its bytes."""
        count = len(self.rows)
        if number < count:
            return self.rows[number]
        if number < 2 * count:
            name, raw = self.rows[number - count]
            return f"{name} with canary", raw + CANARY
        return f"mutation {number - 2 * count}", Mutator(self, random.Random(f"{self.seed}/{number}")).mutation()

    def number(self, name):
        """Of a mutation, which is a number itself, or of a row."""
        if name.isdigit():
            return self.row_count + int(name)
        return [known for known, _ in self.rows].index(name)


class Mutator:
    """Makes one input; all its choices come from one source of chance."""

    # What is done, and how often.
    WEIGHTS = {
        "flip": 5, "insert": 6, "replace": 5, "insert_at_border": 7, "delete": 3, "duplicate_line": 4,
        "remove_line": 2, "swap_lines": 6, "join_lines": 2, "fold_line": 2, "add_field": 28, "change_length": 5,
        "right_length": 4, "change_coding": 5, "change_host": 5, "change_size": 5, "chunked_body": 8,
        "case_of_name": 10, "look_alike": 4, "spaces_around_value": 10, "extend_value": 5, "splice": 3, "truncate": 2,
        "change_version": 3, "change_method": 6, "change_target": 9, "escape_in_target": 5, "pipeline": 6}

    def __init__(self, inputs, chance):
        self.inputs = inputs
        self.chance = chance

    def base(self):
        return self.chance.choice(self.inputs.valid if self.chance.random() < 0.9 else self.inputs.others)

    def mutation(self):
        data = self.base()
        for _ in range(self.chance.choices([1, 2, 3, 4], [66, 22, 8, 4])[0]):
            name = self.chance.choices(list(self.WEIGHTS), list(self.WEIGHTS.values()))[0]
            data = getattr(self, name)(data)
        return data + CANARY if self.chance.random() < 0.5 else data

    # Octets.

    def place(self, data):
        """A place in the bytes; heads are long and their beginnings matter most."""
        return self.chance.randrange(len(data) + 1) if data else 0

    def octet(self):
        return self.chance.choice(OCTETS)

    def flip(self, data):
        at = self.place(data[1:])
        return data[:at] + bytes([data[at] ^ 1 << self.chance.randrange(8)]) + data[at + 1:] if data else data

    def insert(self, data):
        at = self.place(data)
        return data[:at] + self.octet() + data[at:]

    def replace(self, data):
        at = self.place(data)
        return data[:at] + self.octet() + data[at + 1:]

    def insert_at_border(self, data):
        """Before or behind one of the octets that end something."""
        borders = [at for at, octet in enumerate(data) if octet in b"\r\n :,;"]
        if not borders:
            return data
        at = self.chance.choice(borders) + self.chance.randrange(2)
        return data[:at] + self.octet() + data[at:]

    def delete(self, data):
        at = self.place(data)
        return data[:at] + data[at + self.chance.choice([1, 1, 1, 2, 5]):]

    def truncate(self, data):
        return data[:self.place(data)]

    # Lines.

    def lines(self, data):
        return data.split(b"\r\n")

    def line(self, lines, first=0):
        return self.chance.randrange(min(first, len(lines) - 1), len(lines))

    def duplicate_line(self, data):
        lines = self.lines(data)
        at = self.line(lines, 1)
        lines.insert(self.line(lines, 1), lines[at])
        return b"\r\n".join(lines)

    def remove_line(self, data):
        lines = self.lines(data)
        del lines[self.line(lines)]
        return b"\r\n".join(lines)

    def swap_lines(self, data):
        lines = self.lines(data)
        last = max(2, lines.index(b"")) if b"" in lines else len(lines)
        if last > 2:
            one, other = self.chance.randrange(1, last), self.chance.randrange(1, last)
            lines[one], lines[other] = lines[other], lines[one]
        return b"\r\n".join(lines)

    def join_lines(self, data):
        ends = [found.start() for found in re.finditer(b"\r\n", data)]
        if not ends:
            return data
        at = self.chance.choice(ends)
        return data[:at] + self.chance.choice([b"", b"\n", b"\r", b" ", b"\n\r", b"\r\r\n"]) + data[at + 2:]

    def fold_line(self, data):
        at = self.place(data)
        return data[:at] + b"\r\n" + self.chance.choice([b" ", b"\t"]) + data[at:]

    # Fields.

    def put_field(self, data, line):
        """Behind one of the lines of a head."""
        lines = self.lines(data)
        last = lines.index(b"", 1) if b"" in lines[1:] else len(lines)
        lines.insert(self.chance.randint(1, max(1, last)), line)
        return b"\r\n".join(lines)

    def add_field(self, data):
        return self.put_field(data, self.chance.choice(FIELDS))

    def exchange_field(self, data, name, variants):
        """One of the variants instead of the field, or beside it."""
        lines = self.lines(data)
        there = [at for at, line in enumerate(lines) if line.lower().startswith(name)]
        if there and self.chance.random() < 0.8:
            lines[self.chance.choice(there)] = self.chance.choice(variants)
            return b"\r\n".join(lines)
        return self.put_field(data, self.chance.choice(variants))

    def change_length(self, data):
        return self.exchange_field(data, b"content-length", LENGTHS)

    def change_coding(self, data):
        return self.exchange_field(data, b"transfer-encoding", CODINGS)

    def change_host(self, data):
        return self.exchange_field(data, b"host", HOSTS)

    def right_length(self, data):
        """A length that says what is there, give or take nothing."""
        head, end, body = data.partition(b"\r\n\r\n")
        return _LENGTH.sub(lambda found: b" %d" % len(body), head, 1) + end + body

    def named(self, data):
        """The line of a field, and the place of its colon."""
        lines = self.lines(data)
        there = [at for at, line in enumerate(lines) if at and b":" in line]
        at = self.chance.choice(there) if there else None
        return lines, at, lines[at].index(b":") if there else 0

    def case_of_name(self, data):
        lines, at, colon = self.named(data)
        if at is not None:
            letters = [self.chance.choice([letter, letter.swapcase()]) for letter in lines[at][:colon].decode("latin-1")]
            lines[at] = "".join(letters).encode("latin-1", "replace") + lines[at][colon:]
        return b"\r\n".join(lines)

    def look_alike(self, data):
        lines, at, colon = self.named(data)
        if at is not None:
            name = lines[at][:colon]
            name = self.chance.choice([
                name.replace(b"-", b"_"), name.replace(b"-", b"."), name.replace(b"-", b"--", 1), b"X-" + name,
                name + b"_", name + b" ", name + b"\t", name + b"\x0b", name + b"\0", b" " + name,
                name.replace(b"o", b"0"), name.replace(b"K", b"\xe2\x84\xaa")])
            lines[at] = name + lines[at][colon:]
        return b"\r\n".join(lines)

    def spaces_around_value(self, data):
        lines, at, colon = self.named(data)
        if at is not None:
            spaces = [b"", b" ", b"\t", b" \t ", b"   ", b"\x0b", b"\x0c", b"\xa0", b"\x85", b"\0"]
            weights = [6, 6, 6, 6, 6, 1, 1, 1, 1, 1]
            before, behind = self.chance.choices(spaces, weights, k=2)
            lines[at] = lines[at][:colon + 1] + before + lines[at][colon + 1:].strip(b" ") + behind
        return b"\r\n".join(lines)

    def extend_value(self, data):
        lines, at, colon = self.named(data)
        if at is not None:
            where = self.chance.randint(colon + 1, len(lines[at]))
            lines[at] = lines[at][:where] + self.chance.choice(VALUE_PARTS) + lines[at][where:]
        return b"\r\n".join(lines)

    # The request line.

    def word(self, data, number, word):
        line, end, rest = data.partition(b"\r\n")
        words = line.split(b" ")
        if number < len(words):
            words[number] = word(words[number])
        return b" ".join(words) + end + rest

    def change_method(self, data):
        return self.word(data, 0, lambda _: self.chance.choice(METHODS))

    def change_target(self, data):
        return self.word(data, 1, lambda _: self.chance.choice(TARGETS))

    def change_version(self, data):
        return self.word(data, 2, lambda _: self.chance.choice(VERSIONS))

    def escape_in_target(self, data):
        def escaped(target):
            at = self.place(target[1:])
            form = self.chance.choice([b"%%%02x", b"%%%02X"])
            return target[:at] + form % target[at] + target[at + 1:] if target else target
        return self.word(data, 1, escaped)

    # Bodies.

    def chunked_body(self, data):
        """A request whose body is chunked, rightly or not."""
        head, _, _ = data.partition(b"\r\n\r\n")
        framing = (b"content-length", b"transfer-encoding")
        lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(framing)]
        lines.append(self.chance.choice(CODINGS[:4]))
        return b"\r\n".join(lines) + b"\r\n\r\n" + self.chance.choice(CHUNKED_BODIES)

    def change_size(self, data):
        if not (found := list(_CHUNK_LINE.finditer(data))):
            return self.change_size(self.chunked_body(data)) if b"\r\n\r\n" in data else data
        line = self.chance.choice(found)
        return data[:line.start()] + self.chance.choice(SIZES) + data[line.end():]

    # Several requests.

    def splice(self, data):
        """The beginning of one and the end of another, cut at line ends."""
        one, other = self.lines(data), self.lines(self.base())
        return b"\r\n".join(one[:self.line(one)] + other[self.line(other):])

    def pipeline(self, data):
        return data + self.base()
