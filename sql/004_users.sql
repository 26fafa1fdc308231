-- SPDX-License-Identifier: MIT
-- Who may do what. User names and tokens compare as bytes; e-mail and full name are for searching.

CREATE TABLE IF NOT EXISTS user (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
    uuid CHAR(36) NOT NULL,
    username VARCHAR(64) NOT NULL,
    email VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NOT NULL DEFAULT '',
    full_name VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NOT NULL DEFAULT '',
    phone VARCHAR(64) NOT NULL DEFAULT '',
    avatar VARCHAR(255) NOT NULL DEFAULT '',
    status ENUM('active', 'disabled', 'password_expired', 'locked', 'deleted', 'pending_activation') NOT NULL DEFAULT 'active',
    source ENUM('local', 'ldap', 'oauth') NOT NULL DEFAULT 'local',
    password_hash VARBINARY(512) NULL COMMENT 'crypt(5); empty: cannot sign in by password',
    password_changed_at DATETIME(6) NULL,
    mfa_enabled TINYINT NOT NULL DEFAULT 0,
    mfa_enforced TINYINT NOT NULL DEFAULT 0,
    last_login DATETIME(6) NULL,
    created_at DATETIME(6) NOT NULL,
    updated_at DATETIME(6) NOT NULL,
    deleted_at DATETIME(6) NULL,
    PRIMARY KEY (id),
    UNIQUE KEY user_uuid (uuid),
    UNIQUE KEY user_username (username)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS role (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
    uuid CHAR(36) NOT NULL,
    name VARCHAR(64) NOT NULL,
    description VARCHAR(255) NOT NULL DEFAULT '',
    is_global TINYINT NOT NULL DEFAULT 1,
    created_at DATETIME(6) NOT NULL,
    updated_at DATETIME(6) NOT NULL,
    PRIMARY KEY (id),
    UNIQUE KEY role_uuid (uuid),
    UNIQUE KEY role_name (name)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS role_permission (
    role_id BIGINT UNSIGNED NOT NULL,
    permission VARCHAR(128) NOT NULL,
    PRIMARY KEY (role_id, permission),
    CONSTRAINT role_permission_role FOREIGN KEY (role_id) REFERENCES role (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS user_role (
    user_id BIGINT UNSIGNED NOT NULL,
    role_id BIGINT UNSIGNED NOT NULL,
    PRIMARY KEY (user_id, role_id),
    KEY user_role_role (role_id),
    CONSTRAINT user_role_user FOREIGN KEY (user_id) REFERENCES user (id) ON DELETE CASCADE,
    CONSTRAINT user_role_role FOREIGN KEY (role_id) REFERENCES role (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS session (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
    uuid CHAR(36) NOT NULL,
    user_id BIGINT UNSIGNED NOT NULL,
    kind ENUM('browser', 'api') NOT NULL DEFAULT 'browser',
    name VARCHAR(128) NOT NULL DEFAULT '' COMMENT 'what its owner calls an API token',
    token_hash BINARY(32) NOT NULL COMMENT 'SHA-256 of the token; the token itself is not stored',
    address VARCHAR(64) NOT NULL DEFAULT '',
    created_at DATETIME(6) NOT NULL,
    seen_at DATETIME(6) NOT NULL,
    expires_at DATETIME(6) NOT NULL,
    PRIMARY KEY (id),
    UNIQUE KEY session_uuid (uuid),
    UNIQUE KEY session_token (token_hash),
    KEY session_user (user_id),
    KEY session_expiry (expires_at),
    CONSTRAINT session_user FOREIGN KEY (user_id) REFERENCES user (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

INSERT INTO role (uuid, name, description, created_at, updated_at)
VALUES
    (UUID(), 'admin', 'Everything, and the tasks of everybody', UTC_TIMESTAMP(6), UTC_TIMESTAMP(6)),
    (UUID(), 'operator', 'Own tasks: see, cancel, retry, delete, export users', UTC_TIMESTAMP(6), UTC_TIMESTAMP(6)),
    (UUID(), 'viewer', 'Own tasks: see, export users', UTC_TIMESTAMP(6), UTC_TIMESTAMP(6))
ON DUPLICATE KEY UPDATE name = role.name;

INSERT INTO role_permission (role_id, permission)
SELECT role.id, wanted.permission
FROM role
JOIN (
    SELECT 'task:list' AS permission
    UNION ALL SELECT 'task:view'
    UNION ALL SELECT 'authorization:user:list'
    UNION ALL SELECT 'authorization:user:view'
    UNION ALL SELECT 'authorization:user:export'
) wanted
WHERE role.name IN ('admin', 'operator', 'viewer')
ON DUPLICATE KEY UPDATE permission = role_permission.permission;

INSERT INTO role_permission (role_id, permission)
SELECT role.id, wanted.permission
FROM role
JOIN (
    SELECT 'task:cancel' AS permission
    UNION ALL SELECT 'task:retry'
    UNION ALL SELECT 'task:delete'
    UNION ALL SELECT 'task:schedule:list'
    UNION ALL SELECT 'task:schedule:update'
) wanted
WHERE role.name IN ('admin', 'operator')
ON DUPLICATE KEY UPDATE permission = role_permission.permission;

INSERT INTO role_permission (role_id, permission)
SELECT role.id, wanted.permission
FROM role
JOIN (
    SELECT 'system:settings:view' AS permission
    UNION ALL SELECT 'system:settings:update'
    UNION ALL SELECT 'authorization:user:create'
    UNION ALL SELECT 'authorization:user:update'
) wanted
WHERE role.name = 'admin'
ON DUPLICATE KEY UPDATE permission = role_permission.permission;
