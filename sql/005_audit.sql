-- SPDX-License-Identifier: MIT
-- Where an event of the audit trail came from, and finding events by kind and time.

ALTER TABLE task_event ADD COLUMN address VARCHAR(64) NULL COMMENT 'of the client, if it came over the network' AFTER actor;

ALTER TABLE task_event ADD KEY task_event_kind (kind, id);
