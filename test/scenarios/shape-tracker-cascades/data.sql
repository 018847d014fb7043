INSERT INTO users (username) VALUES ('ann'),('bob'),('cy'),('dee');
INSERT INTO torrents (info_hash, user_id) VALUES (x'00',1),(x'01',2),(x'02',3),(x'03',NULL);
INSERT INTO peers (torrent_id, user_id) VALUES (1,2),(2,1),(3,3),(4,4),(1,4);
INSERT INTO comments (parent_id, user_id, content) VALUES (NULL,1,'a'),(1,2,'b'),(2,3,'c'),(NULL,4,'d'),(4,1,'e');
