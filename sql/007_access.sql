-- SPDX-License-Identifier: MIT
-- Signing in: sessions and API tokens with their ends, roles that the product brings, finding a user by what is typed at
-- the sign-in, and the permissions of everything that can be administered over the network.

ALTER TABLE session MODIFY COLUMN expires_at DATETIME(6) NULL COMMENT 'absolute end; empty: none (API tokens only). The idle end is counted from seen_at';

ALTER TABLE session ADD COLUMN user_agent VARCHAR(255) NOT NULL DEFAULT '' AFTER address;

ALTER TABLE session ADD KEY session_idle (kind, seen_at);

ALTER TABLE role ADD COLUMN role_type ENUM('system', 'user') NOT NULL DEFAULT 'user' COMMENT 'system: comes with the product' AFTER is_global;

UPDATE role SET role_type = 'system' WHERE name IN ('admin', 'operator', 'viewer');

ALTER TABLE user ADD COLUMN username_folded VARCHAR(64) AS (LOWER(username)) STORED COMMENT 'no two names may differ in case alone';

ALTER TABLE user ADD KEY user_username_folded (username_folded);

ALTER TABLE user ADD KEY user_email (email);

INSERT INTO role_permission (role_id, permission)
SELECT role.id, wanted.permission
FROM role
JOIN (
    SELECT 'authorization:role:list' AS permission
    UNION ALL SELECT 'authorization:role:create'
    UNION ALL SELECT 'authorization:role:update'
    UNION ALL SELECT 'authorization:role:delete'
    UNION ALL SELECT 'system:audit:view'
    UNION ALL SELECT 'system:status:view'
    UNION ALL SELECT 'system:metrics:view'
) wanted
WHERE role.name = 'admin'
ON DUPLICATE KEY UPDATE permission = role_permission.permission;
