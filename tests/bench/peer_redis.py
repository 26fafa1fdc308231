# SPDX-License-Identifier: MIT
"""The queues that keep their tasks in Redis: RQ, Celery, Sidekiq. Each with a server of its own; `fsync`: every write on the disk
before it is answered."""

import json
import os
import secrets
import time

import redis

from peer import WIDTH, Peer, free_port, wait_for_port


class RedisPeer(Peer):
    fsync = False

    def start(self):
        port = free_port()
        keep = ["--appendonly", "yes", "--appendfsync", "always"] if self.fsync else ["--appendonly", "no"]
        self.run(["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--dir", self.directory, "--save", "", *keep])
        wait_for_port(self, port)
        self.url = f"redis://127.0.0.1:{port}/0"
        self.redis = redis.Redis(port=port)
        self.start_workers()

    def start_workers(self):
        raise NotImplementedError


class Rq(RedisPeer):
    name = f"RQ, {WIDTH} workers"
    guarantees = "a process a task (fork); not durable; keeps results for 500 s; kills by SIGKILL"
    count = 600

    def start_workers(self):
        from rq import Queue
        import peer_jobs
        self.jobs = {"noop": peer_jobs.noop, "clock": peer_jobs.clock}
        self.queue = Queue(connection=self.redis)
        for _ in range(WIDTH):
            self.run(["rq", "worker", "--quiet", "--url", self.url])

    def enqueue(self, what, count):
        for _ in range(count):
            self.queue.enqueue(self.jobs[what])

    def left(self):
        return self.queue.count + self.queue.started_job_registry.count


class Celery(RedisPeer):
    name = f"Celery, {WIDTH} processes that stay"
    guarantees = "no process of its own for a task; not durable; no history; a task that hangs holds its process"
    count = 3000
    options = ()

    def start_workers(self):
        os.environ["BENCH_REDIS"] = self.url
        import peer_jobs
        self.app = peer_jobs.celery_app()
        self.run(["celery", "--app", "peer_jobs", "worker", "--concurrency", str(WIDTH), "--loglevel", "WARNING", "--without-gossip",
                  "--without-mingle", *self.options], BENCH_REDIS=self.url, BENCH_CELERY="1")

    def enqueue(self, what, count):
        with self.app.producer_pool.acquire(block=True) as producer:
            for _ in range(count):
                self.app.tasks[what].apply_async(producer=producer)

    def left(self):
        return self.redis.llen("celery") + self.redis.hlen("unacked")


class CeleryOneEach(Celery):
    name = f"Celery, {WIDTH} wide, one task a child"
    guarantees = "a process a task (fork of the worker); not durable; no history"
    count = 150
    options = ("--max-tasks-per-child", "1")


class Sidekiq(RedisPeer):
    name = f"Sidekiq, {WIDTH} threads"
    guarantees = "threads of one process: no process of its own, cannot be killed; not durable; no history; a crash loses what runs"
    count = 20000

    def start_workers(self):
        self.run(["sidekiq", "--require", f"{self.directory}/peer_jobs.rb", "--concurrency", str(WIDTH)], BENCH_REDIS=self.url)

    def enqueue(self, what, count):
        """As its client does it, in portions: sidekiq's push_bulk."""
        self.redis.sadd("queues", "default")
        for first in range(0, count, 1000):
            self.redis.lpush("queue:default", *[self.job(what) for _ in range(min(1000, count - first))])

    @staticmethod
    def job(what):
        now = time.time()
        return json.dumps({"class": what.capitalize(), "args": [], "retry": True, "queue": "default", "jid": secrets.token_hex(12),
                           "created_at": now, "enqueued_at": now})

    def left(self):
        return self.redis.llen("queue:default")


class SidekiqFsync(Sidekiq):
    name = f"Sidekiq, {WIDTH} threads, Redis under fsync"
    guarantees = "the same, but what waits is on the disk; what runs is lost by a crash"
    fsync = True


ALL = (Rq, Celery, CeleryOneEach, Sidekiq, SidekiqFsync)
