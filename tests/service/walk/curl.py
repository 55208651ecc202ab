"""The calls of docs/api.md where no curl is installed: as much of it as they use. A script of its own."""

import http.client
import sys
from urllib.parse import urlsplit


def main(arguments: list[str]) -> int:
    """One request; its body on standard output."""
    headers, method, data, address, fails = {}, "GET", None, "", False
    told = iter(arguments)
    for argument in told:
        if argument == "-H":
            name, _, value = next(told).partition(":")
            headers[name] = value.strip()
        elif argument == "-X":
            method = next(told)
        elif argument == "-d":
            method, data = "POST", next(told)
        elif argument == "--fail-with-body":
            fails = True
        elif argument != "-sS":
            address = argument
    content = sys.stdin.buffer.read() if data == "@-" else b""
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(parts.netloc, timeout=30)
    connection.request(method, f"{parts.path}?{parts.query}".rstrip("?"), content, headers)
    answer = connection.getresponse()
    sys.stdout.buffer.write(answer.read())
    return 22 if fails and answer.status >= 400 else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
