-- SPDX-License-Identifier: MIT
-- When this server's clock is set, pending tasks are moved along: once, by whichever supervisor notices first.

CREATE TABLE IF NOT EXISTS clock (
    id TINYINT UNSIGNED NOT NULL COMMENT 'always 1',
    set_by_us BIGINT NOT NULL COMMENT 'by how much it was set last, microseconds',
    followed_at DATETIME(6) NULL COMMENT 'when pending tasks were moved along for that',
    PRIMARY KEY (id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

INSERT INTO clock (id, set_by_us, followed_at) VALUES (1, 0, NULL)
ON DUPLICATE KEY UPDATE id = clock.id;
