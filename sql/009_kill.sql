-- SPDX-License-Identifier: MIT
-- The permissions to kill a task, which knows no grace, and to pause one.

INSERT INTO role_permission (role_id, permission)
SELECT role.id, wanted.permission
FROM role
JOIN (
    SELECT 'admin' AS role, 'task:kill' AS permission
    UNION ALL SELECT 'admin', 'task:pause'
    UNION ALL SELECT 'operator', 'task:pause'
) wanted ON wanted.role = role.name
ON DUPLICATE KEY UPDATE permission = role_permission.permission;
