# SPDX-License-Identifier: MIT
"""Raw requests to the public listener: each is answered in our envelope or refused in it, and what stands behind a
refused one is never run."""

import json
import os
import random
import socket
import threading

import pytest

from helpers import waiting
from helpers.http import RawAnswers, receive_all

GET = b"GET /healthz HTTP/1.1\r\n"
POST = b"POST /api/authorization/auth/login HTTP/1.1\r\n"
HOST = b"Host: a\r\n"
JSON = b"Content-Type: application/json\r\n"
END = b"\r\n"
SECOND = b"GET /readyz HTTP/1.1\r\nHost: second\r\n\r\n"  # must never be answered

REFUSED = [
    # the request line
    (400, END + GET + HOST + END),
    (400, b" " + GET + HOST + END),
    (400, b"GET\r\n\r\n"),
    (400, b"GET /healthz\r\n\r\n"),
    (400, b"GET  /healthz HTTP/1.1\r\n" + HOST + END),
    (400, b"GET /healthz  HTTP/1.1\r\n" + HOST + END),
    (400, b"GET /healthz HTTP/1.1 \r\n" + HOST + END),
    (400, b"GET\t/healthz\tHTTP/1.1\r\n" + HOST + END),
    (400, b"GET /health z HTTP/1.1\r\n" + HOST + END),
    (400, b"GET /healthz\x00 HTTP/1.1\r\n" + HOST + END),
    (400, b"GET /healthz\x80 HTTP/1.1\r\n" + HOST + END),
    (400, b"GET /healthz#x HTTP/1.1\r\n" + HOST + END),
    (400, b"GET healthz HTTP/1.1\r\n" + HOST + END),
    (400, b"GET * HTTP/1.1\r\n" + HOST + END),
    (400, b"GET //other.example/healthz HTTP/1.1\r\n" + HOST + END),
    (400, b"GET http://other.example/healthz HTTP/1.1\r\n" + HOST + END),
    (400, b"GET /healthz http/1.1\r\n" + HOST + END),
    (400, b"GET /healthz HTTP/1.1x\r\n" + HOST + END),
    (400, b"NONSENSE\r\n\r\n"),
    (400, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"),
    (400, b"\x00\x01\x02\x03\r\n\r\n"),
    (505, b"GET /healthz HTTP/2.0\r\n" + HOST + END),
    (505, b"GET /healthz HTTP/0.9\r\n" + HOST + END),
    (501, b"BREW /healthz HTTP/1.1\r\n" + HOST + END),
    (501, b"get /healthz HTTP/1.1\r\n" + HOST + END),
    (501, b"CONNECT other.example:443 HTTP/1.1\r\n" + HOST + END),
    (501, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    (414, b"GET /" + b"x" * 8192 + b" HTTP/1.1\r\n" + HOST + END),
    # line ends and control characters
    (400, b"GET /healthz HTTP/1.1\nHost: a\n\n"),
    (400, GET + b"Host: a\n" + END),
    (400, GET + HOST + b"X: a\rb\r\n" + END),
    (400, GET + HOST + b"X: a\x00b\r\n" + END),
    (400, GET + HOST + b"X: a\x01\r\n" + END),
    (400, GET + HOST + b"X: a\x7f\r\n" + END),
    # names of headers
    (400, GET + HOST + b"X : a\r\n" + END),
    (400, GET + b"Host : a\r\n" + END),
    (400, GET + HOST + b": a\r\n" + END),
    (400, GET + HOST + b"X\r\n" + END),
    (400, GET + HOST + b"X(y): a\r\n" + END),
    (400, GET + HOST + b"X: a\r\n folded\r\n" + END),
    (431, GET + HOST + b"".join(b"X-%d: v\r\n" % n for n in range(100)) + END),
    (431, GET + HOST + b"X: " + b"x" * 17000 + b"\r\n" + END),
    # who is asked
    (400, GET + END),
    (400, b"GET /healthz HTTP/1.0\r\n\r\n"),
    (400, GET + HOST + b"Host: b\r\n" + END),
    (400, GET + b"Host:\r\n" + END),
    (400, GET + b"Host: a b\r\n" + END),
    (400, GET + b"Host: a/b\r\n" + END),
    (400, GET + b"Host: user@a\r\n" + END),
    (400, GET + b"Host: a:port\r\n" + END),
    # where the body ends
    (400, POST + HOST + b"Content-Length: 3\r\nContent-Length: 4\r\n" + END + b"abcd"),
    (400, POST + HOST + b"Content-Length: 3\r\nContent-Length: 3\r\n" + END + b"abc"),
    (400, POST + HOST + b"Content-Length: 3, 3\r\n" + END + b"abc"),
    (400, POST + HOST + b"Content-Length: +3\r\n" + END + b"abc"),
    (400, POST + HOST + b"Content-Length: -3\r\n" + END + b"abc"),
    (400, POST + HOST + b"Content-Length: 0x3\r\n" + END + b"abc"),
    (400, POST + HOST + b"Content-Length: 3.0\r\n" + END + b"abc"),
    (400, POST + HOST + b"Content-Length:\t3\r\n" + END + b"abc"),
    (400, POST + HOST + b"Content-Length:\r\n" + END + b"abc"),
    (400, POST + HOST + b"Content-Length: 99999999999\r\n" + END),
    (400, POST + HOST + b"Transfer-Encoding: chunked\r\n" + END + b"0\r\n\r\n"),
    (400, POST + HOST + b"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n" + END + b"0\r\n\r\n"),
    (400, POST + HOST + b"Transfer-Encoding: identity\r\nContent-Length: 3\r\n" + END + b"abc"),
    (400, POST + HOST + b"Transfer-Encoding:\tchunked\r\n" + END + b"0\r\n\r\n"),
    (400, b"HEAD /healthz HTTP/1.1\r\n" + HOST + b"Content-Length: 3\r\n" + END + b"abc"),
    (413, POST + HOST + JSON + b"Content-Length: 1048577\r\n" + END),
    (413, POST + HOST + JSON + b"Content-Length: 9999999999\r\n" + END),
    (417, POST + HOST + JSON + b"Expect: tea\r\nContent-Length: 3\r\n" + END + b"abc"),
    # who asks
    (400, GET + HOST + b"Authorization: Bearer a\r\nAuthorization: Bearer b\r\n" + END),
    (400, GET + HOST + b"Cookie: a=1\r\nCookie: b=2\r\n" + END),
    (400, GET + HOST + b"Origin: http://a\r\nOrigin: http://b\r\n" + END),
]


@pytest.fixture
def http(site):
    site.listen_http()
    site.start()
    return site.http


def is_envelope(answer):
    return (answer.headers["Content-Type"].startswith("application/json")
            and answer.envelope["trace_id"] == answer.headers["Trace-Id"]
            and (answer.code == "0" or answer.code[:4] == f"E{answer.status}" and answer.error))


def test_refused_requests(http):
    for status, text in REFUSED:
        answers = RawAnswers(http.raw(text + SECOND)).all
        assert len(answers) == 1, (text, [answer.body for answer in answers])
        assert answers[0].status == status, (text, answers[0].status, answers[0].body)
        assert is_envelope(answers[0]), (text, answers[0].body)
        assert answers[0].headers["Connection"] == "close", text
    assert http.ask("GET", "/healthz").status == 200


def test_refused_byte_by_byte(http):
    """The same when nothing arrives in one piece. Every answer comes before the deadlines."""
    for status, text in REFUSED[:20] + REFUSED[28:40]:
        with http.open() as client:
            try:
                for n in range(len(text)):
                    client.sendall(text[n:n + 1])
            except (BrokenPipeError, ConnectionResetError):
                pass  # refused before its end
            answers = RawAnswers(receive_all(client)).all
        assert [answer.status for answer in answers] == [status], text


def test_no_answer_is_html_and_nothing_is_reflected(http):
    odd = b"<script>alert(1)</script>"
    for text in (b"GET /" + odd + b" HTTP/1.1\r\n" + HOST + END,
                 b"GET /api/" + odd + b"?callback=" + odd + b"&format=html HTTP/1.1\r\n" + HOST + END,
                 odd + b" / HTTP/1.1\r\n" + HOST + END,
                 GET + HOST + odd + b": x\r\n" + END):
        data = http.raw(text.replace(HOST, HOST + b"Connection: close\r\n"))
        assert odd not in data and b"<html" not in data.lower()
        assert is_envelope(RawAnswers(data).all[0])


def test_requests_that_are_taken(http):
    for text in (GET + HOST + END,
                 GET + b"Host: [::1]:80\r\n" + END,
                 b"GET /healthz?x=http://b/ HTTP/1.1\r\n" + HOST + END,
                 GET + HOST + b"X-Text: \xc3\xa9\r\nX-Empty:\r\n" + END,
                 GET + HOST + b"X-Forwarded-For: 1.2.3.4\r\nX-Forwarded-For: 5.6.7.8\r\n" + END,
                 GET + HOST + b"".join(b"X-%d: v\r\n" % n for n in range(98)) + END,
                 GET + HOST + b"Content-Length: 3\r\n" + JSON + END + b"{ }"):
        answers = RawAnswers(http.raw(text.replace(HOST, HOST + b"Connection: close\r\n")
                                      .replace(b"[::1]:80\r\n", b"[::1]:80\r\nConnection: close\r\n"))).all
        assert [answer.status for answer in answers] == [200], text


def test_pipelined_requests_are_answered_in_order(http):
    paths = [b"/healthz", b"/api/nothing", b"/readyz", b"/healthz"] * 25
    text = b"".join(b"GET " + path + b" HTTP/1.1\r\nHost: a\r\n\r\n" for path in paths[:-1])
    text += b"GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    answers = RawAnswers(http.raw(text)).all
    assert [answer.status for answer in answers] == [404 if path == b"/api/nothing" else 200 for path in paths]


def test_a_fault_behind_good_requests_is_refused_in_its_turn(http):
    answers = RawAnswers(http.raw(GET + HOST + END + GET + HOST + END + GET + END + SECOND)).all
    assert [answer.status for answer in answers] == [200, 200, 400]


def test_bodies_arrive_whole_whatever_the_pieces(http, site, control):
    """Bodies in pieces, and the next request in the same piece as the end of the body."""
    body = json.dumps({"username": "nobody", "password": "x" * 5000}).encode()
    head = POST + HOST + JSON + b"Content-Length: %d\r\n" % len(body) + END
    last = GET + HOST + b"Connection: close\r\n" + END
    text = (head + body) * 2 + last
    statuses = []
    for size in (len(text), 1000, 4096, 7):
        answers = RawAnswers(http.raw(*(text[n:n + size] for n in range(0, len(text), size)))).all
        statuses.append([answer.status for answer in answers])
        assert all(is_envelope(answer) for answer in answers)
    assert all(row == statuses[0] for row in statuses) and len(statuses[0]) == 3 and statuses[0][2] == 200, statuses


def test_a_half_closed_client_gets_its_answer(http):
    with http.open() as client:
        client.sendall(GET + HOST + END)
        client.shutdown(socket.SHUT_WR)
        assert [answer.status for answer in RawAnswers(receive_all(client)).all] == [200]
    with http.open() as client:
        client.sendall(GET + END)
        client.shutdown(socket.SHUT_WR)
        assert [answer.status for answer in RawAnswers(receive_all(client)).all] == [400]


def test_errors_keep_the_connection(http):
    connection = http.connection()
    for _ in range(3):
        assert http.ask_on(connection, "GET", "/api/nothing").status == 404
        assert http.ask_on(connection, "GET", "/api/tasks").status == 401
        assert http.ask_on(connection, "PUT", "/healthz").status == 405
        assert http.ask_on(connection, "GET", "/healthz").status == 200
        assert connection.sock is not None
    connection.close()


def test_http_1_0(http):
    answers = RawAnswers(http.raw(b"GET /healthz HTTP/1.0\r\n" + HOST + END)).all
    assert [answer.status for answer in answers] == [200]
    text = b"GET /healthz HTTP/1.0\r\n" + HOST + b"Connection: keep-alive\r\n" + END
    answers = RawAnswers(http.raw(text + b"GET /healthz HTTP/1.0\r\n" + HOST + END)).all
    assert [answer.status for answer in answers] == [200, 200]


def test_a_client_that_asks_first_is_told_to_go_on(http):
    body = b'{"username":"nobody","password":"wrong"}'
    with http.open() as client:
        client.sendall(POST + HOST + JSON + b"Expect: 100-continue\r\nConnection: close\r\nContent-Length: %d\r\n"
                       % len(body) + END)
        assert client.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(body)
        assert is_envelope(RawAnswers(receive_all(client)).all[0])


def test_a_client_that_asks_first_is_refused_before_it_sends(http):
    with http.open() as client:
        client.sendall(POST + HOST + JSON + b"Expect: 100-continue\r\nContent-Length: 5000000\r\n" + END)
        assert [answer.status for answer in RawAnswers(receive_all(client)).all] == [413]


def test_a_refused_body_may_be_sent_to_its_end(http):
    """The client that sends before it reads gets the answer and no reset."""
    size = 30_000_000
    with http.open() as client:
        client.sendall(POST + HOST + JSON + b"Content-Length: %d\r\n" % size + END)
        for _ in range(size // 1_000_000):
            client.sendall(b"x" * 1_000_000)
        assert [answer.code for answer in RawAnswers(receive_all(client)).all] == ["E4131"]


def test_bodies_of_all_requests_together_have_a_limit(http):
    """64 MiB announced by uploads that stay unfinished: the next one is told to come back."""
    head = b"POST /api/files HTTP/1.1\r\n" + HOST + b"Content-Type: multipart/form-data; boundary=x\r\n"
    clients = []
    try:
        for _ in range(4):
            clients.append(http.open())
            clients[-1].sendall(head + b"Content-Length: %d\r\n" % (16 << 20) + END + b"--x\r\n")
        waiting.until(lambda: RawAnswers(http.raw(head + b"Content-Length: 1000000\r\nExpect: 100-continue\r\n"
                                                  + END)).all[0].status == 503, 10, "the budget is used up")
        answer = RawAnswers(http.raw(head + b"Content-Length: 1000000\r\nExpect: 100-continue\r\n" + END)).all[0]
        assert answer.code == "E5031" and 1 <= int(answer.headers["Retry-After"]) <= 4
        assert http.ask("GET", "/healthz").status == 200
    finally:
        for client in clients:
            client.close()
    with http.open() as client:
        def is_taken():
            return http.ask("POST", "/api/files", b"--x--", {"Content-Type": "multipart/form-data"}).status != 503
        waiting.until(is_taken, 10, "uploads are taken again")
        client.sendall(GET + HOST + b"Connection: close\r\n" + END)
        assert receive_all(client).startswith(b"HTTP/1.1 200 ")


def test_content_types(http):
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/jsonx", ""):
        answer = http.ask("POST", "/api/authorization/auth/login", b"{}", {"Content-Type": kind})
        assert (answer.status, answer.code) == (415, "E4151"), kind
    for kind in ("application/json", "application/json;charset=utf-8", "Application/JSON ; charset=x"):
        assert http.ask("POST", "/api/authorization/auth/login", b"{}", {"Content-Type": kind}).status != 415, kind


def test_thousands_of_faults_cost_nothing(http, site):
    """Many refusals at the same time, and the service is as before."""
    def hammer():
        for n in range(100):
            http.raw(REFUSED[n % len(REFUSED)][1])

    threads = [threading.Thread(target=hammer) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert http.ask("GET", "/healthz").status == 200
    assert site.log_text().count("\n") < 200


def mutated(source, text):
    """Some bytes changed, doubled, swapped or cut out."""
    data = bytearray(text)
    for _ in range(source.randint(1, 4)):
        place = source.randrange(len(data))
        choice = source.randrange(5)
        if choice == 0:
            data[place] = source.choice(b"\x00\t\n\r :/?#%,;\x7f\xff0A")
        elif choice == 1:
            data[place:place] = source.choice([b"\r\n", b"\n", b" ", b"\r\n ", b":", b"\x00", b"Host: b\r\n"])
        elif choice == 2:
            del data[place:place + source.randint(1, 3)]
        elif choice == 3:
            data[place:place] = data[place:place + source.randint(1, 30)]
        else:
            other = source.randrange(len(data))
            data[place], data[other] = data[other], data[place]
        data = data or bytearray(b"x")
    return bytes(data)


def test_garbage_is_answered_in_the_envelope_or_not_at_all(http):
    """3,000 requests made wrong at random, always the same ones."""
    source = random.Random(7)
    body = b'{"username":"a","password":"b"}'
    seeds = [GET + HOST + b"Connection: close\r\n" + END,
             POST + HOST + JSON + b"Connection: close\r\nContent-Length: %d\r\n" % len(body) + END + body,
             b"HEAD /api/tasks?current=1&search=%20 HTTP/1.0\r\n" + HOST + END,
             POST + HOST + b"Transfer-Encoding: chunked\r\nConnection: close\r\n" + END + b"5\r\nhello\r\n0\r\n\r\n"]
    for number in range(3000):
        text = mutated(source, seeds[number % len(seeds)])
        with http.open() as client:
            client.sendall(text)
            client.shutdown(socket.SHUT_WR)
            try:
                data = receive_all(client)
            except ConnectionResetError:
                continue
        assert b"<html" not in data.lower(), text
        if data and not text.startswith(b"HEAD"):
            assert all(is_envelope(answer) for answer in RawAnswers(data).all), (text, data)
    assert http.ask("GET", "/healthz").status == 200


def test_the_control_socket_is_as_strict(site, control):
    site.start()
    for status, text in REFUSED:
        if b"auth/login" in text and status in (413, 417):
            continue  # other limits
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(20)
            client.connect(control.path)
            client.sendall(text + SECOND)
            answers = RawAnswers(receive_all(client)).all
        assert [answer.status for answer in answers] == [status], text
    assert os.path.exists(control.path)
