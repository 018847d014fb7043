-- before
DELETE FROM users WHERE username = 'ann';
-- during
DELETE FROM comments WHERE id = 1;
-- after
UPDATE users SET id = 400 WHERE id = 4;
-- service
DELETE FROM torrents WHERE id = 3;
DELETE FROM users WHERE id = 2;
