INSERT INTO wp_posts (post_content, post_title, post_name) VALUES ('a','A','a'),('b','B','b'),('c','C','c'),('d','D','d');
INSERT INTO wp_postmeta (post_id, meta_key, meta_value) VALUES (1,'k','v'),(1,'l',NULL),(2,'k','x');
INSERT INTO wp_options (option_name, option_value) VALUES ('siteurl','http://x'),('cron','a:1:{}');
INSERT INTO wp_term_relationships VALUES (1,1,0),(1,2,0),(2,1,0);
