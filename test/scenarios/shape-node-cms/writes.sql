-- before
UPDATE posts SET status = 'published', updated_at = NOW();
-- during
DELETE FROM posts_tags WHERE id = 'b';
UPDATE settings SET value = 'y' WHERE `key` = 'title';
-- after
INSERT INTO posts_tags VALUES ('d','5dde',5);
-- service
UPDATE posts SET slug = 'moved' WHERE id = '5ddc';
DELETE FROM settings WHERE id = '2';
