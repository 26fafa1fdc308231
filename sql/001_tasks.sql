-- SPDX-License-Identifier: MIT
-- Tasks, their attempts, what was done to them and what they said. Rows are addressed by `id` inside the database and by
-- `uuid` outside it. Every time is UTC by the database's clock. There are no foreign keys here: each write of a log line or
-- an attempt would lock the task's row.
--
-- Rules for every step: portable SQL (MariaDB 10.6, MySQL 8.0); a statement ends with a semicolon at the end of its line; a
-- step may be cut off in the middle and is then run again, so each statement must bear being run twice.

CREATE TABLE IF NOT EXISTS node (
    incarnation CHAR(36) NOT NULL COMMENT 'one life of a supervisor',
    name VARCHAR(255) NOT NULL,
    started_at DATETIME(6) NOT NULL,
    seen_at DATETIME(6) NOT NULL,
    commit_nonce CHAR(32) NULL COMMENT 'names the last transaction this supervisor committed: tells how a COMMIT without an answer ended',
    PRIMARY KEY (incarnation),
    KEY node_by_name (name, seen_at)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS task (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
    uuid CHAR(36) NOT NULL,
    type VARCHAR(64) NOT NULL,
    status ENUM('pending', 'running', 'success', 'failed', 'cancelled') NOT NULL DEFAULT 'pending',
    progress TINYINT UNSIGNED NOT NULL DEFAULT 0,
    progress_text VARCHAR(200) NULL,
    payload MEDIUMTEXT NULL,
    result MEDIUMTEXT NULL,
    error MEDIUMTEXT NULL,
    creator_id VARCHAR(64) NOT NULL,
    idempotency_key VARCHAR(255) NULL,
    artifact_file_key VARCHAR(64) NULL,
    artifact_file_name VARCHAR(255) NULL,
    attempt INT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'number of the newest attempt; fences late results',
    retry_count INT UNSIGNED NOT NULL DEFAULT 0,
    auto_retry_count INT UNSIGNED NOT NULL DEFAULT 0,
    max_retries INT UNSIGNED NOT NULL DEFAULT 0,
    crash_count INT UNSIGNED NOT NULL DEFAULT 0,
    created_at DATETIME(6) NOT NULL,
    updated_at DATETIME(6) NOT NULL,
    due_at DATETIME(6) NOT NULL COMMENT 'a pending task is not claimed before this moment',
    started_at DATETIME(6) NULL,
    finished_at DATETIME(6) NULL,
    cancel_requested_at DATETIME(6) NULL,
    deleted_at DATETIME(6) NULL,
    node VARCHAR(255) NULL COMMENT 'where the newest attempt runs or ran',
    incarnation CHAR(36) NULL COMMENT 'which supervisor claimed it; fences late results',
    claim_nonce CHAR(32) NULL COMMENT 'transaction that claimed it',
    finish_nonce CHAR(32) NULL COMMENT 'transaction that ended its newest attempt',
    lease_until DATETIME(6) NULL,
    PRIMARY KEY (id),
    UNIQUE KEY task_uuid (uuid),
    UNIQUE KEY task_idempotency (creator_id, idempotency_key),
    KEY task_claim (status, due_at, id, deleted_at),
    KEY task_list (deleted_at, id),
    KEY task_list_creator (creator_id, deleted_at, id),
    KEY task_list_type (type, deleted_at, id),
    KEY task_list_creator_type (creator_id, type, deleted_at, id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS attempt (
    task_id BIGINT UNSIGNED NOT NULL,
    attempt INT UNSIGNED NOT NULL,
    node VARCHAR(255) NOT NULL,
    incarnation CHAR(36) NOT NULL,
    pid INT NULL,
    cause VARCHAR(32) NULL COMMENT 'why it ended; empty while it runs',
    error MEDIUMTEXT NULL,
    exit_status INT NULL,
    term_signal INT NULL,
    progress TINYINT UNSIGNED NOT NULL DEFAULT 0,
    cpu_us BIGINT NOT NULL DEFAULT 0,
    peak_memory_bytes BIGINT NOT NULL DEFAULT 0,
    started_at DATETIME(6) NOT NULL,
    finished_at DATETIME(6) NULL,
    PRIMARY KEY (task_id, attempt)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS task_event (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
    task_id BIGINT UNSIGNED NULL COMMENT 'empty: not about a task',
    attempt INT UNSIGNED NULL,
    kind VARCHAR(64) NOT NULL,
    actor VARCHAR(64) NOT NULL,
    detail MEDIUMTEXT NULL COMMENT 'JSON',
    created_at DATETIME(6) NOT NULL,
    PRIMARY KEY (id),
    KEY task_event_task (task_id, id),
    KEY task_event_actor (actor, id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS task_log (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
    task_id BIGINT UNSIGNED NOT NULL,
    attempt INT UNSIGNED NOT NULL,
    level TINYINT UNSIGNED NOT NULL COMMENT '0 debug, 1 info, 2 warn, 3 error',
    message MEDIUMTEXT NOT NULL,
    created_at DATETIME(6) NOT NULL,
    PRIMARY KEY (id),
    KEY task_log_task (task_id, id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
