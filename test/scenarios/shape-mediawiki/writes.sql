-- before
UPDATE page SET page_random = 0.75 WHERE page_id = 1;
-- during
DELETE FROM objectcache WHERE keyname = 'k2';
INSERT INTO categorylinks (cl_from, cl_to, cl_type) VALUES (3,'C','file');
UPDATE page SET page_title = 'Other' WHERE page_id = 2;
-- after
REPLACE INTO objectcache VALUES ('k1',x'01','20300101000000');
-- service
DELETE FROM categorylinks WHERE cl_from = 1;
INSERT INTO page (page_namespace, page_title, page_random, page_touched) VALUES (2,'New',0,'20200101000000');
