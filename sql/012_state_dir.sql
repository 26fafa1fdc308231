-- SPDX-License-Identifier: MIT
-- Which lives of supervisors had the same state directory: its lock proves that all but the newest of them are over. Of others of
-- that name this is not known before nothing has been seen of them for a while.

ALTER TABLE node ADD COLUMN state_dir_id CHAR(36) NULL COMMENT 'of the state directory; empty: from before it had one' AFTER name;
