-- SPDX-License-Identifier: MIT
-- What an administrator can change while the supervisor runs.

CREATE TABLE IF NOT EXISTS setting (
    name VARCHAR(128) NOT NULL,
    value TEXT NOT NULL,
    updated_at DATETIME(6) NOT NULL,
    updated_by VARCHAR(64) NOT NULL,
    PRIMARY KEY (name)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

INSERT INTO setting (name, value, updated_at, updated_by)
VALUES ('task_max_concurrent', '10', UTC_TIMESTAMP(6), 'system')
ON DUPLICATE KEY UPDATE name = setting.name;
