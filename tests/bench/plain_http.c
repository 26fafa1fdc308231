/* SPDX-License-Identifier: MIT */
/* Calibration: libevent's HTTP server as it comes, one loop, answering every request with the same
 * 300 bytes. Usage: plain_http PORT SECONDS; listens on the loopback interface and ends by itself.
 */
#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BODY_SIZE 300

static void answer_cb(struct evhttp_request *request, void *arg)
{
    struct evbuffer *body = evbuffer_new();

    evbuffer_add(body, arg, BODY_SIZE);
    evhttp_add_header(evhttp_request_get_output_headers(request), "Content-Type",
                      "application/json");
    evhttp_send_reply(request, HTTP_OK, "OK", body);
    evbuffer_free(body);
}

int main(int argc, char **argv)
{
    char body[BODY_SIZE];
    struct event_base *base = event_base_new();
    struct evhttp *http = evhttp_new(base);

    if (argc != 3 || evhttp_bind_socket(http, "127.0.0.1", (uint16_t)atoi(argv[1])) != 0) {
        fprintf(stderr, "usage: %s PORT SECONDS; the port must be free\n", argv[0]);
        return EXIT_FAILURE;
    }
    memset(body, 'x', sizeof(body));
    evhttp_set_gencb(http, answer_cb, body);
    event_base_loopexit(base, &(struct timeval){.tv_sec = atoi(argv[2])});
    event_base_dispatch(base);
    evhttp_free(http);
    event_base_free(base);
    return EXIT_SUCCESS;
}
