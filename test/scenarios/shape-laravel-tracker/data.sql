INSERT INTO users (username, passkey) VALUES ('ann','1'),('Bob','2'),('çé','3');
INSERT INTO torrents (info_hash, name, size, user_id) VALUES (x'00','one',1e12,1),(x'ff','two',0.5,NULL);
INSERT INTO peers (peer_id, ip, torrent_id, user_id) VALUES (x'01',x'7f000001',1,1),(x'02',x'7f000001',1,2);
