# SPDX-License-Identifier: MIT
"""What the transactions are for that go over a line to the database: from the statements that it prepares and executes."""

PREPARE, EXECUTE = 0x16, 0x17
LAST = 0xFFFFFFFF   # executes the one prepared last (MariaDB)

# The statement that only this sort of transaction has.
SORTS = {
    "create": b"INSERT INTO task (",
    "claim": b"UPDATE task SET status = 'running', attempt = attempt + 1",
    "finish": b"finish_nonce = ?, lease_until = NULL",
}


class Statements:
    """Of one connection. Packets are looked at as they come in one piece; what is cut is not understood, and not counted."""

    def __init__(self):
        self.sorts = {}         # number of a prepared statement -> sort
        self.last = None
        self.awaited = None     # the sort of the one whose number the server has yet to tell
        self.waiting = False
        self.open = set()       # sorts in the transaction under way

    def from_client(self, data):
        for body in packets(data):
            if body[0] == PREPARE:
                self.waiting = True
                self.awaited = next((sort for sort, text in SORTS.items() if text in body), None)
            elif body[0] == EXECUTE:
                number = int.from_bytes(body[1:5], "little")
                sort = self.last if number == LAST else self.sorts.get(number)
                self.open |= {sort} - {None}

    def from_server(self, data):
        if not self.waiting:
            return
        self.waiting = False
        body = next(packets(data), b"\xff")
        if body[0] == 0:
            self.last = self.sorts[int.from_bytes(body[1:5], "little")] = self.awaited

    def commit(self):
        """The sorts of the transaction that ends here."""
        ended, self.open = self.open, set()
        return ended


def packets(data):
    while len(data) > 4:
        size = int.from_bytes(data[:3], "little")
        if size == 0 or len(data) < 4 + size:
            return
        yield data[4:4 + size]
        data = data[4 + size:]
