-- before
DELETE FROM items WHERE itemid = 11;
-- during
DELETE FROM graphs WHERE graphid = 3;
-- after
DELETE FROM hosts WHERE hostid = 1;
-- service
DELETE FROM hosts WHERE hostid = 4;
DELETE FROM triggers WHERE triggerid = 4;
