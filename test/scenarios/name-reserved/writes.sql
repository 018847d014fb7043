-- before
UPDATE `select` SET `a b` = 'b';
-- during
DELETE FROM `select` WHERE `id``x` = 2;
INSERT INTO `select` (`order`) VALUES (9);
-- after
INSERT INTO `select` (`order`) VALUES (10);
-- service
INSERT INTO `select` (`order`) VALUES (11);
UPDATE `select` SET `order` = 12 WHERE `order` = 10;
