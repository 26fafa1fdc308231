/* SPDX-License-Identifier: MIT */
/* A queue, a thread, and an eventfd (eventfd(2)) back to the loop. Work neither fails nor logs
 * here. */
#include "supervisor/offload.h"
#include "common/xalloc.h"

#include <event2/event.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct job {
    struct job *next;
    void (*work)(void *arg);
    void (*done)(void *arg);
    void *arg;
};

struct job_queue {
    struct job *first;
    struct job **last;
};

struct offload {
    pthread_t thread;
    pthread_mutex_t lock; /* guards all that follows */
    pthread_cond_t wake;
    struct job_queue waiting;
    struct job_queue finished;
    bool stop;
    bool busy;           /* a job is out of the queue */
    pthread_cond_t idle; /* nothing waits, and nothing is under way */
    int done_fd;
    struct event *done_event;
};

static void push(struct job_queue *queue, struct job *job)
{
    job->next = NULL;
    *queue->last = job;
    queue->last = &job->next;
}

static struct job *pop(struct job_queue *queue)
{
    struct job *job = queue->first;

    if (job == NULL)
        return NULL;
    queue->first = job->next;
    if (queue->first == NULL)
        queue->last = &queue->first;
    return job;
}

static void tell_loop(struct offload *offload)
{
    uint64_t one = 1;

    if (write(offload->done_fd, &one, sizeof(one)) < 0) {
        /* The counter is full: the loop has been told already. */
    }
}

static void *thread_main(void *arg)
{
    struct offload *offload = arg;
    struct job *job;

    pthread_mutex_lock(&offload->lock);
    for (;;) {
        offload->busy = false;
        while ((job = pop(&offload->waiting)) == NULL && !offload->stop) {
            pthread_cond_signal(&offload->idle);
            pthread_cond_wait(&offload->wake, &offload->lock);
        }
        if (job == NULL)
            break;
        offload->busy = true;
        pthread_mutex_unlock(&offload->lock);
        job->work(job->arg);
        pthread_mutex_lock(&offload->lock);
        push(&offload->finished, job);
        tell_loop(offload);
    }
    pthread_mutex_unlock(&offload->lock);
    return NULL;
}

static void done_cb(evutil_socket_t fd, short what, void *arg)
{
    struct offload *offload = arg;
    uint64_t count;
    struct job *job;

    (void)what;
    if (read(fd, &count, sizeof(count)) < 0) {
        /* Nothing new: a spurious wake-up. */
    }
    for (;;) {
        pthread_mutex_lock(&offload->lock);
        job = pop(&offload->finished);
        pthread_mutex_unlock(&offload->lock);
        if (job == NULL)
            return;
        if (job->done != NULL)
            job->done(job->arg);
        free(job);
    }
}

struct offload *offload_new(struct event_base *base)
{
    struct offload *offload = xcalloc(1, sizeof(*offload));
    sigset_t all, before;

    pthread_mutex_init(&offload->lock, NULL);
    pthread_cond_init(&offload->wake, NULL);
    pthread_cond_init(&offload->idle, NULL);
    offload->waiting.last = &offload->waiting.first;
    offload->finished.last = &offload->finished.first;
    offload->done_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (offload->done_fd < 0)
        abort();
    offload->done_event = event_new(base, offload->done_fd, EV_READ | EV_PERSIST, done_cb, offload);
    event_add(offload->done_event, NULL);
    sigfillset(&all); /* signals are the loop thread's */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    if (pthread_create(&offload->thread, NULL, thread_main, offload) != 0)
        abort();
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return offload;
}

void offload_finish(struct offload *offload)
{
    pthread_mutex_lock(&offload->lock);
    while (offload->busy || offload->waiting.first != NULL)
        pthread_cond_wait(&offload->idle, &offload->lock);
    pthread_mutex_unlock(&offload->lock);
}

void offload_free(struct offload *offload)
{
    struct job *job;

    if (offload == NULL)
        return;
    pthread_mutex_lock(&offload->lock);
    offload->stop = true;
    pthread_cond_signal(&offload->wake);
    pthread_mutex_unlock(&offload->lock);
    pthread_join(offload->thread, NULL);
    while ((job = pop(&offload->finished)) != NULL)
        free(job);
    event_free(offload->done_event);
    close(offload->done_fd);
    free(offload);
}

void offload_run(struct offload *offload, void (*work)(void *arg), void (*done)(void *arg),
                 void *arg)
{
    struct job *job = xcalloc(1, sizeof(*job));

    job->work = work;
    job->done = done;
    job->arg = arg;
    pthread_mutex_lock(&offload->lock);
    push(&offload->waiting, job);
    pthread_cond_signal(&offload->wake);
    pthread_mutex_unlock(&offload->lock);
}
