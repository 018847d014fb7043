INSERT INTO page (page_namespace, page_title, page_random, page_touched) VALUES (0,'Main_Page',0.5,'20200101000000'),(0,'한글',0.25,'20200101000000'),(1,'Main_Page',0.125,'20200101000000'),(-1,x'ff00',0.1,'20200101000000');
INSERT INTO categorylinks (cl_from, cl_to) VALUES (1,'A'),(1,'B'),(2,'A');
INSERT INTO objectcache VALUES ('k1',x'00ff','20300101000000'),('k2',NULL,'20300101000000');
