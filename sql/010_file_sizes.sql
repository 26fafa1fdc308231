-- SPDX-License-Identifier: MIT
-- How much a user keeps: the index alone answers, however many files he has.

ALTER TABLE file ADD KEY file_owner_size (owner_id, deleted_at, size);
