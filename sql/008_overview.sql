-- SPDX-License-Identifier: MIT
-- What became of the tasks of the last day, by the time of their end: counted hour by hour, and the newest failures, without a
-- look into any row. `deleted_at` and `type` are there so that the index alone answers.

ALTER TABLE task ADD KEY task_finished (status, finished_at, deleted_at, type);
