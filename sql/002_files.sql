-- SPDX-License-Identifier: MIT
-- The files tasks leave for download (their bytes lie in the state directory), and who is to be told when a task ends.

CREATE TABLE IF NOT EXISTS file (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
    file_key CHAR(36) NOT NULL,
    name VARCHAR(255) NOT NULL,
    content_type VARCHAR(255) NOT NULL,
    owner_id VARCHAR(64) NOT NULL,
    access ENUM('owner', 'private', 'public') NOT NULL DEFAULT 'owner',
    purpose VARCHAR(64) NOT NULL DEFAULT 'artifact',
    size BIGINT UNSIGNED NOT NULL,
    sha256 CHAR(64) NOT NULL,
    created_at DATETIME(6) NOT NULL,
    updated_at DATETIME(6) NOT NULL,
    deleted_at DATETIME(6) NULL,
    PRIMARY KEY (id),
    UNIQUE KEY file_key (file_key),
    KEY file_owner (owner_id, deleted_at, id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS callback (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
    uuid CHAR(36) NOT NULL,
    task_id BIGINT UNSIGNED NOT NULL,
    url VARCHAR(2000) NOT NULL,
    secret VARBINARY(64) NULL COMMENT 'signs what is sent',
    state ENUM('waiting', 'due', 'sent', 'given_up') NOT NULL DEFAULT 'waiting' COMMENT 'waiting for the task to end, then due',
    tries INT UNSIGNED NOT NULL DEFAULT 0,
    due_at DATETIME(6) NULL,
    last_error TEXT NULL,
    created_at DATETIME(6) NOT NULL,
    updated_at DATETIME(6) NOT NULL,
    PRIMARY KEY (id),
    UNIQUE KEY callback_uuid (uuid),
    KEY callback_task (task_id),
    KEY callback_due (state, due_at, id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
