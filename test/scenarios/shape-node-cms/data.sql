INSERT INTO posts (id, uuid, title, slug) VALUES ('5ddc','u','T','t'),('5dde','v','🌳','tree');
INSERT INTO posts_tags VALUES ('a','5ddc',0),('b','5ddc',1),('c','5dde',0);
INSERT INTO settings VALUES ('1','title','x','blog'),('2','icon',NULL,'blog');
