-- before
INSERT INTO wp_options (option_name, option_value) VALUES ('siteurl','y') ON DUPLICATE KEY UPDATE option_value = VALUES(option_value);
-- during
UPDATE wp_posts SET post_title = 'Z';
DELETE FROM wp_postmeta WHERE meta_id = 2;
REPLACE INTO wp_term_relationships VALUES (1,1,5);
-- after
INSERT INTO wp_posts (post_content, post_title) VALUES ('e','E');
-- service
DELETE FROM wp_options WHERE option_name = 'cron';
INSERT INTO wp_postmeta (post_id) VALUES (9);
UPDATE wp_term_relationships SET term_order = 1;
