-- SPDX-License-Identifier: MIT
-- The account of user_export: it may read the exported columns of three tables, and nothing else. Run by make-account, which
-- sets @account (a name) and @password before, with the database selected. May be run again: the password is renewed.

SET @who = CONCAT(QUOTE(@account), '@', QUOTE('localhost'));

SET @statement = CONCAT('CREATE USER IF NOT EXISTS ', @who, ' IDENTIFIED BY ', QUOTE(@password));
PREPARE statement FROM @statement;
EXECUTE statement;

SET @statement = CONCAT('ALTER USER ', @who, ' IDENTIFIED BY ', QUOTE(@password));
PREPARE statement FROM @statement;
EXECUTE statement;

SET @statement = CONCAT('GRANT SELECT (id, username, email, full_name, phone, status, source, mfa_enabled, last_login,',
                        ' created_at, deleted_at) ON user TO ', @who);
PREPARE statement FROM @statement;
EXECUTE statement;

SET @statement = CONCAT('GRANT SELECT (id, name) ON role TO ', @who);
PREPARE statement FROM @statement;
EXECUTE statement;

SET @statement = CONCAT('GRANT SELECT ON user_role TO ', @who);
PREPARE statement FROM @statement;
EXECUTE statement;
DEALLOCATE PREPARE statement;
