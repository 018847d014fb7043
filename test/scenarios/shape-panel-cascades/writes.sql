-- before
DELETE FROM users WHERE id = 1;
-- during
DELETE FROM servers WHERE id = 3;
-- after
DELETE FROM users WHERE id = 2;
-- service
DELETE FROM users WHERE id = 4;
