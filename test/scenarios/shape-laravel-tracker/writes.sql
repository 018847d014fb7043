-- before
UPDATE users SET uploaded = uploaded + 1000;
-- during
INSERT INTO peers (peer_id, ip, torrent_id, user_id) VALUES (x'01',x'0a',1,1) ON DUPLICATE KEY UPDATE ip = VALUES(ip);
DELETE FROM peers WHERE user_id = 2;
UPDATE torrents SET size = size * 2;
-- after
INSERT INTO users (username, passkey) VALUES ('dee','4');
-- service
UPDATE users SET seedbonus = 1.5;
INSERT INTO torrents (info_hash, name, size) VALUES (x'0a','three',3);
