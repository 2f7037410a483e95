"""Values as Python pickles them, by protocol, for test/weights/pickle.test.ts. Writes pickles.json beside itself.

    python test/golden/pickles.py
"""
import base64
import collections
import json
import math
import pathlib
import pickle

shared = ["twice"]
itself = [1]
itself.append(itself)
# Its list holds it: a pickler has begun it when it finds it done.
inside = ([],)
inside[0].append(inside)

cases = {
    "nothing and truth": [None, True, False],
    "small integers": [0, 1, 255, 256, 65535, 65536, -1, -128, 2**31 - 1, -(2**31)],
    "integers": [2**31, -(2**31) - 1, 2**53, -(2**53), 2**53 + 1, 2**64, -(2**63), 2**200, -(2**200)],
    "floats": [0.0, 0.1, -2.5, 1e300, -1e-300, math.inf, -math.inf],
    "text": ["", "a", "é", "日本", "🙂", "x" * 300],
    "bytes": [b"", b"\x00\xff", b"\x80" * 300],
    "bytearray": [bytearray(b"\x00\xff")],
    "lists": [[], [1], [1, 2, 3], [[[]]], [0] * 1001],
    "tuples": [(), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4), ((1,), ())],
    "sets": [set(), {7}, frozenset(), frozenset([7])],
    "dicts": [{}, {"a": 1}, {"a": 1, "b": [2], 3: None}, {"outer": {"inner": {}}}],
    "ordered dicts": [collections.OrderedDict(), collections.OrderedDict([("b", 1), ("a", 2)])],
    "counters": [collections.Counter("aab")],
    "what is used twice": [shared, shared, (shared, shared)],
    # More than 256 things to remember.
    "many that are used twice": [str(i) for i in range(258)] * 2,
    "a list in itself": itself,
    "a tuple in itself": inside,
}


def text(value, above=()):
    """A value in words that do not depend on the language; what contains itself is told by how far above it is."""
    if id(value) in above:
        return f"^{above[::-1].index(id(value))}"
    path = (*above, id(value))
    if isinstance(value, (bytes, bytearray)):
        return f"0x{value.hex()}"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{text(k, path)}: {text(v, path)}" for k, v in value.items()) + "}"
    if isinstance(value, (list, tuple, set, frozenset)):
        return "[" + ", ".join(text(item, path) for item in value) + "]"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(value)
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return str(value)


def protocols(name):
    """Weights are never in protocol 0, which writes text and infinities in words; below 3, bytes are calls."""
    if name == "bytearray":
        return [5]
    if name == "many that are used twice":
        return [2, 4]
    if name == "bytes":
        return range(3, 6)
    if name in ("sets", "a tuple in itself"):
        return range(2, 6)
    return range(0 if name in ("nothing and truth", "small integers", "integers", "tuples") else 1, 6)


def encoded(data):
    return base64.b64encode(data).decode()


golden = []
for name, value in cases.items():
    pickles = {protocol: pickle.dumps(value, protocol) for protocol in protocols(name)}
    assert all(text(pickle.loads(data)) == text(value) for data in pickles.values())
    golden.append({"name": name, "value": text(value), "pickles": {k: encoded(v) for k, v in pickles.items()}})

# The machine's language beyond what today's pickler says: of Python 2 and of other writers. Python reads them all.
written = {
    "text of Python 2": b"(U\x02abT\x03\x00\x00\x00abct.",
    "text with long lengths": b"\x8d\x03\x00\x00\x00\x00\x00\x00\x00abc.",
    "bytes with long lengths": b"\x8e\x02\x00\x00\x00\x00\x00\x00\x00\x00\xff.",
    "integers with long lengths": b"(\x8b\x02\x00\x00\x00\xff\x7f\x8b\x03\x00\x00\x00\x00\x00\x80\x8a\x00t.",
    "truth in digits": b"(I01\nI00\nI1\nI0\nL-5L\nL7\nt.",
    "what is left behind": b"K\x05(K\x01K\x021K\x070.",
    "what is said twice": b"]K\x012\x86.",
    "a dict by pairs": b"(K\x01K\x02K\x03]d.",
    "a dict by one pair each": b"}K\x01K\x02sK\x03]s.",
    "what is remembered far up": b"]r\x00\x01\x00\x00K\x01aq\x00h\x00j\x00\x01\x00\x00\x86.",
    "what is remembered in digits": b"]p300\nK\x01ag300\n\x86.",
    "what is remembered in turn": b"\x80\x04K\x01\x94K\x02\x94h\x00h\x01\x87.",
    "a set in parts": b"\x80\x04\x8f(K\x01K\x02\x90(K\x03\x90.",
    "big-endian floats": b"(G\x3f\xf8\x00\x00\x00\x00\x00\x00F-1.5e3\nt.",
}
for name, data in written.items():
    golden.append({"name": name, "value": text(pickle.loads(data)), "pickles": {"as written": encoded(data)}})

path = pathlib.Path(__file__).with_suffix(".json")
path.write_text(json.dumps(golden, ensure_ascii=False, indent=0) + "\n")
