-- before
UPDATE ids SET nextid = nextid + 1;
-- during
INSERT INTO history VALUES (1,101,3,0);
DELETE FROM history WHERE itemid = 2;
-- after
UPDATE hosts SET error = 'x' WHERE host = 'zabbix';
-- service
UPDATE ids SET nextid = nextid + 1;
INSERT INTO history VALUES (3,1,1,1);
