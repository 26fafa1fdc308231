-- SPDX-License-Identifier: MIT
-- A thousand sample users for trying things out: names of many kinds, some disabled, some who never signed in, a few
-- with characters that a CSV file or a spreadsheet could stumble over. None has a password, so none can sign in.
-- May be run again: users that are there already stay as they are.

INSERT INTO user (uuid, username, email, full_name, phone, status, source, last_login, created_at, updated_at)
SELECT UUID(),
       CONCAT('user', LPAD(numbers.n, 4, '0')),
       CONCAT('user', LPAD(numbers.n, 4, '0'), '@example.com'),
       CASE numbers.n
           WHEN 13 THEN 'O''Brien, "Pat"'
           WHEN 14 THEN '=1+1'
           WHEN 15 THEN 'Łukasz Żółć'
           WHEN 16 THEN '山田 太郎'
           WHEN 17 THEN 'Line\nbreak'
           ELSE CONCAT(
               ELT(1 + numbers.n % 10, 'Ada', 'Björn', 'Chloé', 'Dmitri', 'Eva', 'Farid', 'Grace', 'Hiro', 'Inés', 'Jan'),
               ' ',
               ELT(1 + numbers.n DIV 10 % 10, 'Archer', 'Baker', 'Castillo', 'Dubois', 'Eriksen', 'Fischer', 'García', 'Hansen', 'Ivanova', 'Jones'))
       END,
       IF(numbers.n % 3 = 0, CONCAT('+49 30 555 ', LPAD(numbers.n, 4, '0')), ''),
       IF(numbers.n % 10 = 0, 'disabled', 'active'),
       IF(numbers.n % 25 = 0, 'ldap', 'local'),
       IF(numbers.n % 4 = 0, NULL, UTC_TIMESTAMP(6) - INTERVAL numbers.n HOUR),
       UTC_TIMESTAMP(6) - INTERVAL (2000 - numbers.n) HOUR,
       UTC_TIMESTAMP(6)
FROM (
    SELECT 1 + ones.d + 10 * tens.d + 100 * hundreds.d AS n
    FROM (SELECT 0 AS d UNION SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT 4 UNION SELECT 5 UNION SELECT 6 UNION SELECT 7 UNION SELECT 8 UNION SELECT 9) ones
    JOIN (SELECT 0 AS d UNION SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT 4 UNION SELECT 5 UNION SELECT 6 UNION SELECT 7 UNION SELECT 8 UNION SELECT 9) tens
    JOIN (SELECT 0 AS d UNION SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT 4 UNION SELECT 5 UNION SELECT 6 UNION SELECT 7 UNION SELECT 8 UNION SELECT 9) hundreds
) numbers
ORDER BY numbers.n
ON DUPLICATE KEY UPDATE username = user.username;

INSERT INTO user_role (user_id, role_id)
SELECT user.id, role.id
FROM user
JOIN role ON role.name = IF(user.id % 5 = 0, 'operator', 'viewer')
WHERE user.username LIKE 'user____' AND user.password_hash IS NULL
ON DUPLICATE KEY UPDATE user_id = user_role.user_id;
