INSERT INTO hosts (hostid, host) VALUES (10084,'Zabbix'),(10085,'zabbix');
INSERT INTO history VALUES (1,100,0.1,1),(1,100,0.2,2),(2,100,-1e300,0);
INSERT INTO ids VALUES ('hosts','hostid',10085);
