-- SPDX-License-Identifier: MIT
-- One user's tasks of one status, newest first, however many he has: his pending and running ones are asked for all the time.

ALTER TABLE task ADD KEY task_list_creator_status (creator_id, status, deleted_at, id);
